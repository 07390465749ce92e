// SPDX-License-Identifier: GPL-2.0-or-later
#include "accept.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "config/reader.h"
#include "model/names.h"

/* The value of a choice that the file does not give. */
#define UNSET (-1)

static const struct accept_options defaults;
static struct accept_options running;
static struct accept_options applied;

struct draft {
	int kind; /* index of coverage_kinds[] */
	const char *reason;
};

static const char *const kinds[COVERAGE_KINDS + 1] = { "io_page_fault", "interrupt_remapping",
						       "aer", NULL };

static const struct option_row item_rows[] = {
	{ .name = "kind",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct draft, kind),
	  .choices = kinds,
	  .arg = "KIND" },
	{ .name = "reason",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct draft, reason),
	  .arg = "REASON" },
	{ .name = NULL },
};

/* The reason named @name that devices can have for @kind; COVERAGE_NO_REASON if there is none. */
static enum coverage_reason reason_of(uint32_t kind, const char *name)
{
	struct coverage pair;

	for (size_t i = 0; coverage_possible(kind, i, &pair); i++)
		if (pair.reason && !strcmp(coverage_reason_name(pair.reason), name))
			return pair.reason;
	return COVERAGE_NO_REASON;
}

static int refuse_reason(struct config_reader *reader, size_t line, const struct draft *draft)
{
	const uint32_t kind = coverage_kinds[draft->kind];
	const char *separator = "";
	struct coverage pair;

	config_fail_at(reader, line,
		       "coverage.accept: expected a reason of kind %s: ", kind_name(kind));
	for (size_t i = 0; coverage_possible(kind, i, &pair); i++) {
		if (!pair.reason)
			continue;
		strbuf_addf(reader->error, "%s%s", separator, coverage_reason_name(pair.reason));
		separator = ", ";
	}
	options_add_got(reader->error, draft->reason ? draft->reason : "");
	return -EINVAL;
}

static int read_item(struct config_reader *reader, struct accept_options *options)
{
	struct draft draft = { .kind = UNSET };
	size_t line = config_line(reader);
	enum coverage_reason reason;
	int err;

	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return config_fail(reader, "coverage.accept: expected an item, such as "
					   "{kind: io_page_fault, reason: identity}");
	err = config_read_mapping(reader, "coverage.accept", item_rows, &draft);
	if (err)
		return err;
	if (draft.kind == UNSET)
		return config_fail_at(reader, line, "coverage.accept: expected a kind");
	reason = draft.reason ? reason_of(coverage_kinds[draft.kind], draft.reason)
			      : COVERAGE_NO_REASON;
	if (!reason)
		return refuse_reason(reader, line, &draft);
	options->reasons[draft.kind] |= 1U << reason;
	return 0;
}

static int read_list(struct config_reader *reader, void *value)
{
	int err;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return config_fail(reader, "coverage.accept: expected a list, [] for none");
	while (!(err = config_next(reader)) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		err = read_item(reader, value);
		if (err)
			break;
	}
	return err;
}

static int apply(const void *values)
{
	applied = *(const struct accept_options *)values;
	return 0;
}

static const struct option_row rows[] = {
	{ .name = "coverage.accept",
	  .type = OPTION_LIST,
	  .read = read_list,
	  .apply = apply,
	  .help = "reasons for which devices are not watched that cause no alert; each has a kind "
		  "and a reason" },
	{ .name = NULL },
};

const struct setting_group accept_settings = { rows, sizeof(running), &defaults, &running, NULL };

bool coverage_is_accepted(size_t kind, enum coverage_reason reason)
{
	return applied.reasons[kind] >> reason & 1;
}
