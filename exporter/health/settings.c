// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "config/reader.h"
#include "faultcast.h"
#include "model/health.h"
#include "model/names.h"
#include "model/names_gen.h"
#include "watch.h"

#define YEAR (365ULL * 86400 * NSEC_PER_SEC)

/* The value of a choice that the file does not give. */
#define UNSET (-1)

struct draft {
	const char *name;
	int kind, severity, state;
	uint64_t threshold, window_ns, clear_after_ns;
};

static const char *const kinds[] = { "io_page_fault", "interrupt_remapping",
				     "aer",	      "link",
				     "hotplug",	      NULL };
static const char *const severities[] = { FAULTCAST_SEVERITY_NAMES NULL };
static const char *const states[] = { "suspect", "faulty", NULL };

static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-");

	return len && len < HEALTH_RULE_LEN && !text[len];
}

/* The keys of a rule. */
static const struct option_row rows[] = {
	{ .name = "name",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, name),
	  .valid = is_name,
	  .expected = "1 to 47 letters, digits and any of _.-",
	  .arg = "NAME" },
	{ .name = "kind",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct draft, kind),
	  .choices = kinds,
	  .arg = "KIND" },
	{ .name = "severity",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct draft, severity),
	  .choices = severities,
	  .arg = "SEVERITY" },
	{ .name = "threshold",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct draft, threshold),
	  .min = 1,
	  .max = UINT32_MAX,
	  .arg = "NUMBER" },
	{ .name = "window",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct draft, window_ns),
	  .min = NSEC_PER_SEC,
	  .max = YEAR,
	  .arg = "DURATION" },
	{ .name = "state",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct draft, state),
	  .choices = states,
	  .arg = "STATE" },
	{ .name = "clear-after",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct draft, clear_after_ns),
	  .min = NSEC_PER_SEC,
	  .max = YEAR,
	  .arg = "DURATION" },
	{ .name = NULL },
};

static int read_draft(struct config_reader *reader, struct draft *draft)
{
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return config_fail(reader, "health.rules: expected a rule, such as "
					   "{name: ..., kind: ...}");
	return config_read_mapping(reader, "health.rules", rows, draft);
}

/* The first requirement that the keys together do not meet; NULL if they meet all. */
static const char *missing(const struct draft *draft)
{
	bool is_aer = draft->kind != UNSET && !strcmp(kinds[draft->kind], "aer");

	if (!draft->name)
		return "expected a name";
	if (draft->kind == UNSET)
		return "expected a kind";
	if (is_aer && draft->severity == UNSET)
		return "expected a severity, since its kind is aer";
	if (!is_aer && draft->severity != UNSET)
		return "expected no severity, which only kind aer has";
	if (!draft->threshold)
		return "expected a threshold";
	if (draft->threshold > 1 && !draft->window_ns)
		return "expected a window, since its threshold is above 1";
	if (draft->state == UNSET)
		return "expected a state";
	return draft->clear_after_ns ? NULL : "expected clear-after";
}

static int add_rule(struct config_reader *reader, struct health_options *options,
		    const struct draft *draft, size_t line)
{
	struct health_rule *rule = &options->rules[options->num_rules];
	const char *wrong = missing(draft);

	if (wrong)
		return config_fail_at(reader, line, "health.rules: %s%s: %s",
				      draft->name ? "rule " : "this rule",
				      draft->name ? draft->name : "", wrong);
	for (size_t i = 0; i < options->num_rules; i++)
		if (!strcmp(options->rules[i].name, draft->name))
			return config_fail_at(reader, line,
					      "health.rules: rule %s: expected another name, "
					      "this one stands above already",
					      draft->name);
	if (options->num_rules == HEALTH_RULES_MAX)
		return config_fail_at(reader, line, "health.rules: expected at most %d rules",
				      HEALTH_RULES_MAX);
	*rule = (struct health_rule){
		.kind = kind_parse(kinds[draft->kind], strlen(kinds[draft->kind])),
		.severity = draft->severity == UNSET ? 0 : (uint32_t)draft->severity,
		.threshold = (uint32_t)draft->threshold,
		.window_ns = draft->window_ns,
		.state = HEALTH_SUSPECT + (unsigned int)draft->state,
		.clear_after_ns = draft->clear_after_ns,
	};
	strcpy(rule->name, draft->name);
	options->num_rules++;
	return 0;
}

static int read_rules(struct config_reader *reader, void *value)
{
	struct health_options *options = value;
	int err;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return config_fail(reader, "health.rules: expected a list, [] for none");
	options->has_rules = true;
	while (!(err = config_next(reader)) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		struct draft draft = { .kind = UNSET, .severity = UNSET, .state = UNSET };
		size_t line = config_line(reader);

		err = read_draft(reader, &draft);
		if (!err)
			err = add_rule(reader, options, &draft, line);
		if (err)
			break;
	}
	return err;
}

static int apply_rules(const void *values)
{
	const struct health_options *options = values;

	if (options->has_rules)
		return health_watch_set_rules(options->rules, options->num_rules);
	return health_watch_set_rules(health_default_rules, health_num_default_rules);
}

static const struct option_row settings_rows[] = {
	/* The offset is 0: the list is more than one member. */
	{ .name = "health.rules",
	  .type = OPTION_LIST,
	  .read = read_rules,
	  .apply = apply_rules,
	  .help = "rules by which devices are judged; they replace the default rules" },
	{ .name = NULL },
};

static const struct health_options defaults;
static struct health_options running;

const struct setting_group health_settings = { settings_rows, sizeof(running), &defaults, &running,
					       NULL };
