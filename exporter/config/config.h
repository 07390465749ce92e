/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file, YAML, from bytes to settings.  Pure.
 *
 * A key is a flag's name, nested as in web: {listen-address: ...} or with its dots
 * as in web.listen-address; and health: {rules: [...]}, which has no flag.
 */
#ifndef FAULTCAST_CONFIG_CONFIG_H
#define FAULTCAST_CONFIG_CONFIG_H

#include <stddef.h>

#include "base/options.h"
#include "health/judge.h"

#define CONFIG_BYTES_MAX 65536

struct config_string;

/* All zero at first. */
struct config {
	struct config_string *strings; /* what the string settings point to */
	bool has_rules;		       /* else the default ones are meant */
	struct health_rule rules[HEALTH_RULES_MAX];
	size_t num_rules;
};

/*
 * Sets what @bytes say in @sets and @config; @file is its name in errors.  0, or -EINVAL
 * or -ENOMEM with one line in @error, "file:line: what is wrong"; some may be
 * set then.  config_free() in any case, when nothing uses the strings any more.
 */
int config_parse(struct config *config, const struct option_set *sets, const char *file,
		 const char *bytes, size_t len, struct strbuf *error);
void config_free(struct config *config);

#endif
