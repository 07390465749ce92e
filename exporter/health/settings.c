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
	const char *device, *driver, *id, *slot;
	uint64_t reason;
	uint64_t threshold, window_ns, clear_after_ns;
};

static const char *const kinds[] = {
	"io_page_fault", "interrupt_remapping", "aer", "link", "hotplug", "dpc", "recovery", NULL
};
static const char *const severities[] = { FAULTCAST_SEVERITY_NAMES NULL };
static const char *const states[] = { "suspect", "faulty", NULL };

static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-");

	return len && len < HEALTH_RULE_LEN && !text[len];
}

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[");
}

/* An address without a pattern must be complete, because a misspelt one would never match. */
static bool is_device(const char *text)
{
	struct address address;

	return strlen(text) < sizeof(((struct health_scope *)NULL)->device) &&
	       (is_pattern(text) || !address_parse(text, &address));
}

static bool is_text(const char *text)
{
	return *text && strlen(text) < IDENTITY_TEXT_LEN;
}

/* A text is "8086:3e92", a pattern has a colon. */
static bool is_id(const char *text)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	if (strlen(text) >= HEALTH_ID_LEN)
		return false;
	if (is_pattern(text))
		return strchr(text, ':');
	return strspn(text, hex) == 4 && text[4] == ':' && strspn(text + 5, hex) == 4 && !text[9];
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
	{ .name = "device",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, device),
	  .valid = is_device,
	  .expected = "an address, such as 0000:00:02.0, or a pattern, such as 0000:3b:*",
	  .arg = "DEVICE" },
	{ .name = "driver",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, driver),
	  .valid = is_text,
	  .expected = "a driver's name or pattern of 1 to 31 characters",
	  .arg = "DRIVER" },
	{ .name = "id",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, id),
	  .valid = is_id,
	  .expected = "vendor and device, such as 8086:3e92, or a pattern, such as 8086:*",
	  .arg = "VENDOR:DEVICE" },
	{ .name = "slot",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, slot),
	  .valid = is_text,
	  .expected = "a physical slot's name or pattern of 1 to 31 characters",
	  .arg = "SLOT" },
	{ .name = "reason",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct draft, reason),
	  .min = 1,
	  .max = 255,
	  .arg = "NUMBER" },
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
		return config_fail(reader, "health.rules: expected defaults, or a rule, such as "
					   "{name: ..., kind: ...}");
	return config_read_mapping(reader, "health.rules", rows, draft);
}

static uint32_t kind_of(const struct draft *draft)
{
	return kind_parse(kinds[draft->kind], strlen(kinds[draft->kind]));
}

/* The first requirement that the keys together do not meet; NULL if they meet all. */
static const char *missing(const struct draft *draft)
{
	uint32_t kind = draft->kind == UNSET ? 0 : kind_of(draft);
	bool is_aer = kind == FAULTCAST_KIND_AER;

	if (!draft->name)
		return "expected a name";
	if (draft->kind == UNSET)
		return "expected a kind";
	if (is_aer && draft->severity == UNSET)
		return "expected a severity, since its kind is aer";
	if (!is_aer && draft->severity != UNSET)
		return "expected no severity, which only kind aer has";
	if (draft->reason && kind != FAULTCAST_KIND_IO_PAGE_FAULT &&
	    kind != FAULTCAST_KIND_INTERRUPT_REMAPPING)
		return "expected no reason, which only kinds io_page_fault and "
		       "interrupt_remapping have";
	if (!draft->threshold)
		return "expected a threshold";
	if (draft->threshold > 1 && !draft->window_ns)
		return "expected a window, since its threshold is above 1";
	if (draft->state == UNSET)
		return "expected a state";
	return draft->clear_after_ns ? NULL : "expected clear-after";
}

static void set_text(char *member, const char *text)
{
	strcpy(member, text ? text : "");
}

/* An address is compared in the form that has its segment. */
static void set_device(struct health_scope *scope, const char *text)
{
	struct address address;

	set_text(scope->device, text);
	if (text && !is_pattern(text) && !address_parse(text, &address))
		address_format(&address, scope->device);
}

static void fill_rule(struct health_rule *rule, const struct draft *draft)
{
	*rule = (struct health_rule){
		.kind = kind_of(draft),
		.severity = draft->severity == UNSET ? 0 : (uint32_t)draft->severity,
		.scope.reason = (uint32_t)draft->reason,
		.threshold = (uint32_t)draft->threshold,
		.window_ns = draft->window_ns,
		.state = HEALTH_SUSPECT + (unsigned int)draft->state,
		.clear_after_ns = draft->clear_after_ns,
	};
	set_text(rule->name, draft->name);
	set_device(&rule->scope, draft->device);
	set_text(rule->scope.driver, draft->driver);
	set_text(rule->scope.id, draft->id);
	set_text(rule->scope.slot, draft->slot);
}

/* Adds @rule, which the file has in @line. */
static int add_rule(struct config_reader *reader, struct health_options *options,
		    const struct health_rule *rule, size_t line)
{
	for (size_t i = 0; i < options->num_rules; i++) {
		const struct health_rule *above = &options->rules[i];

		if (!strcmp(above->name, rule->name))
			return config_fail_at(reader, line,
					      "health.rules: rule %s: expected another name, "
					      "this one stands above already",
					      rule->name);
		if (scope_is_empty(&above->scope) && !scope_is_empty(&rule->scope) &&
		    counter_of_rule(above) == counter_of_rule(rule))
			return config_fail_at(reader, line,
					      "health.rules: rule %s: expected above rule %s, "
					      "which takes the faults of all devices",
					      rule->name, above->name);
	}
	if (options->num_rules == HEALTH_RULES_MAX)
		return config_fail_at(reader, line, "health.rules: expected at most %d rules",
				      HEALTH_RULES_MAX);
	options->rules[options->num_rules++] = *rule;
	return 0;
}

static int add_defaults(struct config_reader *reader, struct health_options *options, size_t line)
{
	int err = 0;

	for (size_t i = 0; i < health_num_default_rules && !err; i++)
		err = add_rule(reader, options, &health_default_rules[i], line);
	return err;
}

/* Reads one item of the list, whose start is the present event. */
static int read_item(struct config_reader *reader, struct health_options *options)
{
	struct draft draft = { .kind = UNSET, .severity = UNSET, .state = UNSET };
	size_t line = config_line(reader);
	struct health_rule rule;
	const char *wrong;
	int err;

	if (config_is(reader, "defaults"))
		return add_defaults(reader, options, line);
	err = read_draft(reader, &draft);
	if (err)
		return err;
	wrong = missing(&draft);
	if (wrong)
		return config_fail_at(reader, line, "health.rules: %s%s: %s",
				      draft.name ? "rule " : "this rule",
				      draft.name ? draft.name : "", wrong);
	fill_rule(&rule, &draft);
	return add_rule(reader, options, &rule, line);
}

static int read_rules(struct config_reader *reader, void *value)
{
	struct health_options *options = value;
	int err;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return config_fail(reader, "health.rules: expected a list, [] for none");
	options->has_rules = true;
	while (!(err = config_next(reader)) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		err = read_item(reader, options);
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
