// SPDX-License-Identifier: GPL-2.0-or-later
#include "parameter.h"

#include <errno.h>
#include <string.h>

static int refuse(const struct http_parameter *parameter, const char *value, struct strbuf *error)
{
	strbuf_addf(error, "%s=%s: expected %s", parameter->name, value, parameter->expected);
	if (parameter->add_expected)
		parameter->add_expected(error);
	return -EINVAL;
}

static int refuse_unknown(const struct http_parameter *parameters, const char *key,
			  struct strbuf *error)
{
	strbuf_addf(error, "unknown parameter %s: there are", key);
	for (const struct http_parameter *p = parameters; p->name; p++)
		strbuf_addf(error, "%s %s", p > parameters ? "," : "", p->name);
	return -EINVAL;
}

int parameter_read(const struct http_parameter *parameters, void *into, const char *key,
		   const char *value, uint64_t now_real_ns, struct strbuf *error)
{
	for (const struct http_parameter *p = parameters; p->name; p++) {
		if (strcmp(p->name, key) != 0)
			continue;
		if (p->parse(into, value, now_real_ns))
			return refuse(p, value, error);
		return 0;
	}
	return refuse_unknown(parameters, key, error);
}
