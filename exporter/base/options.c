// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define HELP_COLUMN 34
#define GOT_MAX 80 /* of a wrong value that is shown */

/* Largest first. */
struct unit {
	const char *name;
	uint64_t value;
};

static const struct unit durations[] = {
	{ "y", 365 * 86400 * NSEC_PER_SEC },
	{ "w", 7 * 86400 * NSEC_PER_SEC },
	{ "d", 86400 * NSEC_PER_SEC },
	{ "h", 3600 * NSEC_PER_SEC },
	{ "m", 60 * NSEC_PER_SEC },
	{ "s", NSEC_PER_SEC },
	{ "ms", NSEC_PER_MSEC },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "EB", 1ULL << 60 }, { "PB", 1ULL << 50 }, { "TB", 1ULL << 40 }, { "GB", 1ULL << 30 },
	{ "MB", 1ULL << 20 }, { "KB", 1ULL << 10 }, { "B", 1 },		  { NULL, 0 },
};

int options_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	int base = text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10;
	unsigned long long number;
	char *end;

	/* strtoull would take spaces and signs. */
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, base);
	if (*end || errno || number < min || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

const struct option_row *options_find(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == len && !memcmp(rows->name, name, len))
			return rows;
	return NULL;
}

void options_add_got(struct strbuf *error, const char *text)
{
	char shown[GOT_MAX + 1];

	snprintf(shown, sizeof(shown), "%s", text);
	strbuf_adds(error, ", got ");
	strbuf_add_json_string(error, shown);
	if (strlen(text) > GOT_MAX)
		strbuf_adds(error, "...");
}

static int set_flag(const struct option_row *row, const char *called, const char *text,
		    struct strbuf *error)
{
	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*(bool *)row->value = *text == 't';
		return 0;
	}
	strbuf_addf(error, "%s: expected true or false", called);
	options_add_got(error, text);
	return -EINVAL;
}

static int set_string(const struct option_row *row, const char *called, const char *text,
		      struct strbuf *error)
{
	if (!row->valid || row->valid(text)) {
		*(const char **)row->value = text;
		return 0;
	}
	strbuf_addf(error, "%s: expected %s", called, row->expected);
	options_add_got(error, text);
	return -EINVAL;
}

static int set_choice(const struct option_row *row, const char *called, const char *text,
		      struct strbuf *error)
{
	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], text)) {
			*(int *)row->value = i;
			return 0;
		}
	}
	strbuf_addf(error, "%s: expected", called);
	for (int i = 0; row->choices[i]; i++)
		strbuf_addf(error, "%s %s", i ? "," : "", row->choices[i]);
	options_add_got(error, text);
	return -EINVAL;
}

static int set_number(const struct option_row *row, const char *called, const char *text,
		      struct strbuf *error)
{
	if (!options_number(text, row->min, row->max, row->value))
		return 0;
	strbuf_addf(error, "%s: expected a number from %" PRIu64 " to %" PRIu64, called, row->min,
		    row->max);
	options_add_got(error, text);
	return -EINVAL;
}

static const struct unit *find_unit(const struct unit *units, const char *name, size_t len)
{
	while (units->name && (strlen(units->name) != len || memcmp(units->name, name, len) != 0))
		units++;
	return units;
}

/* "1h30m": numbers with units, each smaller than the one before.  False for anything else. */
static bool parse_amount(const struct unit *units, const char *text, uint64_t *value)
{
	for (*value = 0; *text; units++) {
		unsigned long long number;
		char *end;
		size_t len;

		if (!isdigit((unsigned char)*text))
			return false;
		errno = 0;
		number = strtoull(text, &end, 10);
		for (len = 0; isalpha((unsigned char)end[len]);)
			len++;
		units = find_unit(units, end, len);
		if (errno || !units->name ||
		    __builtin_mul_overflow(number, units->value, &number) ||
		    __builtin_add_overflow(*value, number, value))
			return false;
		text = end + len;
	}
	return true;
}

static void add_amount(struct strbuf *out, const struct unit *units, uint64_t value)
{
	while (units[1].name && (!value || value % units->value))
		units++;
	strbuf_addf(out, "%" PRIu64 "%s", value / units->value, units->name);
}

static int set_amount(const struct option_row *row, const struct unit *units, const char *called,
		      const char *text, struct strbuf *error)
{
	uint64_t value;

	if (*text && parse_amount(units, text, &value) && value >= row->min && value <= row->max) {
		*(uint64_t *)row->value = value;
		return 0;
	}
	strbuf_addf(error, "%s: expected a %s from ", called, units == sizes ? "size" : "duration");
	add_amount(error, units, row->min);
	strbuf_adds(error, " to ");
	add_amount(error, units, row->max);
	options_add_got(error, text);
	return -EINVAL;
}

int options_set(const struct option_row *row, const char *called, const char *text,
		struct strbuf *error)
{
	switch (row->type) {
	case OPTION_FLAG:
		return set_flag(row, called, text, error);
	case OPTION_STRING:
		return set_string(row, called, text, error);
	case OPTION_NUMBER:
		return set_number(row, called, text, error);
	case OPTION_CHOICE:
		return set_choice(row, called, text, error);
	case OPTION_DURATION:
		return set_amount(row, durations, called, text, error);
	case OPTION_SIZE:
		return set_amount(row, sizes, called, text, error);
	}
	return -EINVAL;
}

static int set_by_flag(const struct option_row *row, const char *text, struct strbuf *error)
{
	struct strbuf called = STRBUF_INIT;
	int err;

	strbuf_addf(&called, "--%s", row->name);
	err = options_set(row, strbuf_str(&called), text, error);
	strbuf_free(&called);
	return err;
}

int options_parse(const struct option_row *rows, int argc, char **argv, struct strbuf *error)
{
	int i;

	for (i = 0; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const struct option_row *row = NULL;
		const char *name = argv[i] + 2, *equals;

		if (!strcmp(argv[i], "--"))
			return i + 1;
		equals = strchr(name, '=');
		if (argv[i][1] == '-')
			row = options_find(rows, name,
					   equals ? (size_t)(equals - name) : strlen(name));
		if (!row) {
			strbuf_addf(error, "unknown flag \"%s\", see --help", argv[i]);
			return -EINVAL;
		}
		if (!equals && row->type == OPTION_FLAG) {
			*(bool *)row->value = true;
			continue;
		}
		if (!equals && i + 1 == argc) {
			strbuf_addf(error, "--%s: expected a value (%s)", row->name, row->arg);
			return -EINVAL;
		}
		if (set_by_flag(row, equals ? equals + 1 : argv[++i], error))
			return -EINVAL;
	}
	return i;
}

int options_environment(const struct option_row *rows, struct strbuf *error)
{
	struct strbuf name = STRBUF_INIT;
	int err = 0;

	for (; !err && rows->name; rows++) {
		const char *text;

		if (rows->command_line_only)
			continue;
		strbuf_reset(&name);
		strbuf_adds(&name, "FAULTCAST_");
		for (const char *c = rows->name; *c; c++)
			strbuf_addc(&name, isalnum((unsigned char)*c) ? (char)toupper(*c) : '_');
		text = getenv(strbuf_str(&name));
		if (text)
			err = options_set(rows, strbuf_str(&name), text, error);
	}
	strbuf_free(&name);
	return err;
}

static void add_default(const struct option_row *row, struct strbuf *out)
{
	if (row->hide_default)
		return;
	switch (row->type) {
	case OPTION_STRING:
		if (*(const char **)row->value)
			strbuf_addf(out, " (default %s)", *(const char **)row->value);
		break;
	case OPTION_NUMBER:
		strbuf_addf(out, " (default %" PRIu64 ")", *(uint64_t *)row->value);
		break;
	case OPTION_CHOICE:
		strbuf_addf(out, " (default %s)", row->choices[*(int *)row->value]);
		break;
	case OPTION_DURATION:
	case OPTION_SIZE:
		strbuf_adds(out, " (default ");
		add_amount(out, row->type == OPTION_SIZE ? sizes : durations,
			   *(uint64_t *)row->value);
		strbuf_addc(out, ')');
		break;
	case OPTION_FLAG:
		break;
	}
}

void options_help(const struct option_row *rows, struct strbuf *out)
{
	for (; rows->name; rows++) {
		size_t start = out->len;

		strbuf_addf(out, "  --%s", rows->name);
		if (rows->type != OPTION_FLAG)
			strbuf_addf(out, "=%s", rows->arg);
		do {
			strbuf_addc(out, ' ');
		} while (out->len - start < HELP_COLUMN && !out->failed);
		strbuf_adds(out, rows->help);
		add_default(rows, out);
		strbuf_addc(out, '\n');
	}
}
