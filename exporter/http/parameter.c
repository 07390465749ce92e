// SPDX-License-Identifier: GPL-2.0-or-later
#include "parameter.h"

#include <errno.h>
#include <string.h>

#include "target.h"

const struct http_parameter parameter_none[] = { { .name = NULL } };

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
	strbuf_addf(error, "unknown parameter %s: there %s", key,
		    parameters->name ? "are" : "is none");
	for (const struct http_parameter *p = parameters; p->name; p++)
		strbuf_addf(error, "%s %s", p > parameters ? "," : "", p->name);
	return -EINVAL;
}

static int read_one(const struct http_parameter *parameters, void *into, const char *key,
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

static bool may_repeat(const struct http_parameter *parameters, const char *key)
{
	while (parameters->name && strcmp(parameters->name, key) != 0)
		parameters++;
	return parameters->name && parameters->repeats;
}

/* Whether an argument before the one at @end has the same key. */
static bool stands_before(const struct target *target, const char *end, const char *wanted)
{
	const char *at = target->arguments, *key, *value;

	while (at < end) {
		at = target_argument(at, &key, &value);
		if (!strcmp(key, wanted))
			return true;
	}
	return false;
}

int parameters_read(const struct http_parameter *parameters, void *into,
		    const struct target *target, uint64_t now_real_ns, struct strbuf *error)
{
	const char *at = target->arguments, *key, *value;
	int err = 0;

	for (size_t i = 0; !err && i < target->num_arguments; i++) {
		const char *next = target_argument(at, &key, &value);

		err = read_one(parameters, into, key, value, now_real_ns, error);
		if (!err && !may_repeat(parameters, key) && stands_before(target, at, key)) {
			strbuf_addf(error, "%s=%s: expected one value of %s", key, value, key);
			err = -EINVAL;
		}
		at = next;
	}
	return err;
}
