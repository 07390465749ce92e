// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no configuration file makes its reader misbehave. A refused file gets one line
 * with the reason, and the values of an accepted file are within their bounds.
 */
#include "config/config.h"

#include "fuzz.h"
#include "model/health.h"
#include "settings.h"

static struct settings settings;
static const struct option_set sets[] = { { settings_rows, &settings }, { NULL, NULL } };

static void require_sound(const struct config *config)
{
	REQUIRE(config->num_rules <= HEALTH_RULES_MAX);
	REQUIRE(config->has_rules || !config->num_rules);
	for (size_t i = 0; i < config->num_rules; i++) {
		const struct health_rule *rule = &config->rules[i];

		REQUIRE(*rule->name && memchr(rule->name, '\0', sizeof(rule->name)));
		REQUIRE(rule->kind && rule->kind < FAULTCAST_KIND_SUPPRESSED);
		REQUIRE(rule->severity <= FAULTCAST_SEVERITY_MAX);
		REQUIRE(rule->kind == FAULTCAST_KIND_AER || !rule->severity);
		REQUIRE(rule->threshold && (rule->threshold == 1 || rule->window_ns));
		REQUIRE(rule->state == HEALTH_SUSPECT || rule->state == HEALTH_FAULTY);
		REQUIRE(rule->clear_after_ns);
	}
	for (const struct option_row *row = settings_rows; row->name; row++)
		if (row->type == OPTION_STRING) {
			const char *text = *(const char **)options_value(row, &settings);

			REQUIRE(!text || strlen(text) <= CONFIG_BYTES_MAX);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct config config;
	struct strbuf error = STRBUF_INIT;
	int err;

	memset(&config, 0, sizeof(config));
	memset(&settings, 0, sizeof(settings));
	err = config_parse(&config, sets, "f", (const char *)bytes, len, &error);
	REQUIRE(!err || err == -EINVAL);
	REQUIRE(!err == !error.len && !error.failed);
	REQUIRE(!strchr(strbuf_str(&error), '\n') && error.len < 1024);
	if (!err)
		require_sound(&config);
	config_free(&config);
	strbuf_free(&error);
	return 0;
}
