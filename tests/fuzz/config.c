// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no configuration file makes its reader misbehave. A refused file gets one line
 * with the reason, and the values of an accepted file are within their bounds.
 */
#include "config/config.h"

#include "fuzz.h"
#include "health/settings.h"
#include "model/health.h"
#include "registry.h"
#include "settings.h"

static struct settings settings;

static void require_sound_rules(const struct health_options *health)
{
	REQUIRE(health->num_rules <= HEALTH_RULES_MAX);
	REQUIRE(health->has_rules || !health->num_rules);
	for (size_t i = 0; i < health->num_rules; i++) {
		const struct health_rule *rule = &health->rules[i];

		REQUIRE(*rule->name && memchr(rule->name, '\0', sizeof(rule->name)));
		REQUIRE(rule->kind && rule->kind < FAULTCAST_KIND_SUPPRESSED);
		REQUIRE(rule->severity <= FAULTCAST_SEVERITY_MAX);
		REQUIRE(rule->kind == FAULTCAST_KIND_AER || !rule->severity);
		REQUIRE(rule->threshold && (rule->threshold == 1 || rule->window_ns));
		REQUIRE(rule->state == HEALTH_SUSPECT || rule->state == HEALTH_FAULTY);
		REQUIRE(rule->clear_after_ns);
	}
}

static void require_sound(const struct option_row *row, void *value)
{
	if (row->type == OPTION_STRING)
		REQUIRE(strlen(*(const char **)value) <= CONFIG_BYTES_MAX);
	if (row->type == OPTION_LIST && !strcmp(row->name, "health.rules"))
		require_sound_rules(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct strbuf error = STRBUF_INIT;
	int err;

	REQUIRE(!settings_init(&settings, features));
	err = config_parse(&settings.file, settings.sets, "f", (const char *)bytes, len, &error);
	REQUIRE(!err || err == -EINVAL);
	REQUIRE(!err == !error.len && !error.failed);
	REQUIRE(!strchr(strbuf_str(&error), '\n') && error.len < 1024);
	for (const struct option_set *set = settings.sets; !err && set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			require_sound(row, options_value(row, set->values));
	settings_free(&settings);
	strbuf_free(&error);
	return 0;
}
