// SPDX-License-Identifier: GPL-2.0-or-later
/* health.rules of the configuration file. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "faultcast.h"
#include "model/health.h"
#include "model/names.h"
#include "model/names_gen.h"
#include "reader.h"

#define YEAR (365ULL * 86400 * NSEC_PER_SEC)

/* What is not said otherwise. */
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

static int refuse_unknown(struct config_reader *reader, const char *name)
{
	config_fail(reader, "health.rules: expected");
	for (const struct option_row *row = rows; row->name; row++)
		strbuf_addf(reader->error, "%s %s", row == rows ? "" : ",", row->name);
	options_add_got(reader->error, name);
	return -EINVAL;
}

/* One key and its value; @seen: a bit for each row. */
static int read_key(struct config_reader *reader, struct draft *draft, uint32_t *seen)
{
	const struct option_set sets[] = { { rows, draft }, { NULL, NULL } };
	struct strbuf name = STRBUF_INIT, called = STRBUF_INIT;
	const struct option_row *row = NULL;
	void *value;
	int err = config_key(reader, &name);

	if (!err) {
		row = options_find(sets, strbuf_str(&name), name.len, &value);
		strbuf_addf(&called, "health.rules.%s", strbuf_str(&name));
		if (!row)
			err = refuse_unknown(reader, strbuf_str(&name));
		else if (*seen & 1U << (row - rows))
			err = config_fail(reader, "%s: it stands above already",
					  strbuf_str(&called));
	}
	if (!err) {
		*seen |= 1U << (row - rows);
		err = config_next(reader);
	}
	if (!err)
		err = config_value(reader, row, value, strbuf_str(&called));
	strbuf_free(&name);
	strbuf_free(&called);
	return err;
}

/* Its start is the present event. */
static int read_draft(struct config_reader *reader, struct draft *draft)
{
	uint32_t seen = 0;
	int err;

	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return config_fail(reader, "health.rules: expected a rule, such as "
					   "{name: ..., kind: ...}");
	while (!(err = config_next(reader)) && reader->event.type != YAML_MAPPING_END_EVENT) {
		err = read_key(reader, draft, &seen);
		if (err)
			break;
	}
	return err;
}

/* Of what depends on other keys; NULL: it is sound. */
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

static int add_rule(struct config_reader *reader, const struct draft *draft, size_t line)
{
	struct config *config = reader->config;
	struct health_rule *rule = &config->rules[config->num_rules];
	const char *wrong = missing(draft);

	if (wrong)
		return config_fail_at(reader, line, "health.rules: %s%s: %s",
				      draft->name ? "rule " : "this rule",
				      draft->name ? draft->name : "", wrong);
	for (size_t i = 0; i < config->num_rules; i++)
		if (!strcmp(config->rules[i].name, draft->name))
			return config_fail_at(reader, line,
					      "health.rules: rule %s: expected another name, "
					      "this one stands above already",
					      draft->name);
	if (config->num_rules == HEALTH_RULES_MAX)
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
	config->num_rules++;
	return 0;
}

int config_read_rules(struct config_reader *reader)
{
	int err;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return config_fail(reader, "health.rules: expected a list, [] for none");
	reader->config->has_rules = true;
	while (!(err = config_next(reader)) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		struct draft draft = { .kind = UNSET, .severity = UNSET, .state = UNSET };
		size_t line = config_line(reader);

		err = read_draft(reader, &draft);
		if (!err)
			err = add_rule(reader, &draft, line);
		if (err)
			break;
	}
	return err;
}
