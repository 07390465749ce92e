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
#define GOT_MAX 80 /* bytes of a wrong value that an error shows */

/* Tables of units are in descending size, so that formatting picks the largest that fits. */
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

	/* strtoull() would accept spaces and signs. */
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, base);
	if (*end || errno || number < min || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

void *options_value(const struct option_row *row, void *values)
{
	return (char *)values + row->offset;
}

size_t options_size(const struct option_row *row)
{
	switch (row->type) {
	case OPTION_FLAG:
		return sizeof(bool);
	case OPTION_CHOICE:
		return sizeof(int);
	case OPTION_STRING:
		return sizeof(const char *);
	case OPTION_TEXTS:
		return sizeof(struct option_texts);
	case OPTION_LIST:
		return 0;
	case OPTION_NUMBER:
	case OPTION_DURATION:
	case OPTION_SIZE:
		break;
	}
	return sizeof(uint64_t);
}

bool options_equal(const struct option_row *row, const void *a, const void *b)
{
	const struct option_texts *texts = a, *others = b;

	if (row->type == OPTION_STRING)
		return !strcmp(*(const char *const *)a, *(const char *const *)b);
	if (row->type == OPTION_TEXTS)
		return texts->count == others->count &&
		       !memcmp(texts->items, others->items, sizeof(texts->items));
	return !memcmp(a, b, options_size(row));
}

void options_begin(const struct option_set *sets)
{
	for (; sets->rows; sets++) {
		for (const struct option_row *row = sets->rows; row->name; row++) {
			struct option_texts *texts = options_value(row, sets->values);

			if (row->type == OPTION_TEXTS)
				texts->more = false;
		}
	}
}

const struct option_row *options_find(const struct option_set *sets, const char *name, size_t len,
				      void **value)
{
	for (; sets->rows; sets++) {
		for (const struct option_row *row = sets->rows; row->name; row++) {
			if (strlen(row->name) == len && !memcmp(row->name, name, len)) {
				*value = options_value(row, sets->values);
				return row;
			}
		}
	}
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

static int set_flag(bool *value, const char *called, const char *text, struct strbuf *error)
{
	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*value = *text == 't';
		return 0;
	}
	strbuf_addf(error, "%s: expected true or false", called);
	options_add_got(error, text);
	return -EINVAL;
}

static int refuse_text(const struct option_row *row, const char *called, const char *text,
		       struct strbuf *error)
{
	strbuf_addf(error, "%s: expected %s", called, row->expected);
	options_add_got(error, text);
	return -EINVAL;
}

static int set_string(const struct option_row *row, const char **value, const char *called,
		      const char *text, struct strbuf *error)
{
	if (!row->valid || row->valid(text)) {
		*value = text;
		return 0;
	}
	return refuse_text(row, called, text, error);
}

static int add_text(const struct option_row *row, struct option_texts *texts, const char *called,
		    const char *text, struct strbuf *error)
{
	if (row->valid && !row->valid(text))
		return refuse_text(row, called, text, error);
	if (texts->count == OPTION_TEXTS_MAX) {
		strbuf_addf(error, "%s: expected at most %d values", called, OPTION_TEXTS_MAX);
		return -EINVAL;
	}
	strcpy(texts->items[texts->count++], text);
	return 0;
}

static int set_texts(const struct option_row *row, struct option_texts *texts, const char *called,
		     const char *text, struct strbuf *error)
{
	int err = 0;

	if (!texts->more)
		memset(texts, 0, sizeof(*texts));
	texts->more = true;
	if (!*text)
		return texts->count >= row->min ? 0 : refuse_text(row, called, text, error);
	for (const char *at = text, *end; !err && at; at = *end ? end + 1 : NULL) {
		char one[OPTION_TEXT_SIZE];
		size_t len;

		at += strspn(at, " ");
		end = at + strcspn(at, ",");
		len = (size_t)(end - at);
		while (len && at[len - 1] == ' ')
			len--;
		if (len >= sizeof(one))
			return refuse_text(row, called, at, error);
		memcpy(one, at, len);
		one[len] = '\0';
		err = add_text(row, texts, called, one, error);
	}
	return err;
}

static int set_choice(const struct option_row *row, int *value, const char *called,
		      const char *text, struct strbuf *error)
{
	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], text)) {
			*value = i;
			return 0;
		}
	}
	strbuf_addf(error, "%s: expected", called);
	for (int i = 0; row->choices[i]; i++)
		strbuf_addf(error, "%s %s", i ? "," : "", row->choices[i]);
	options_add_got(error, text);
	return -EINVAL;
}

static int set_number(const struct option_row *row, uint64_t *value, const char *called,
		      const char *text, struct strbuf *error)
{
	if (!options_number(text, row->min, row->max, value))
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

/* Parses numbers with units, each unit smaller than the one before, such as "1h30m". */
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

static int set_amount(const struct option_row *row, uint64_t *value, const struct unit *units,
		      const char *called, const char *text, struct strbuf *error)
{
	uint64_t amount;

	if (*text && parse_amount(units, text, &amount) && amount >= row->min &&
	    amount <= row->max) {
		*value = amount;
		return 0;
	}
	strbuf_addf(error, "%s: expected a %s from ", called, units == sizes ? "size" : "duration");
	add_amount(error, units, row->min);
	strbuf_adds(error, " to ");
	add_amount(error, units, row->max);
	options_add_got(error, text);
	return -EINVAL;
}

int options_set(const struct option_row *row, void *value, const char *called, const char *text,
		struct strbuf *error)
{
	switch (row->type) {
	case OPTION_FLAG:
		return set_flag(value, called, text, error);
	case OPTION_STRING:
		return set_string(row, value, called, text, error);
	case OPTION_TEXTS:
		return set_texts(row, value, called, text, error);
	case OPTION_NUMBER:
		return set_number(row, value, called, text, error);
	case OPTION_CHOICE:
		return set_choice(row, value, called, text, error);
	case OPTION_DURATION:
		return set_amount(row, value, durations, called, text, error);
	case OPTION_SIZE:
		return set_amount(row, value, sizes, called, text, error);
	case OPTION_LIST:
		break;
	}
	return -EINVAL;
}

static int set_by_flag(const struct option_row *row, void *value, const char *text,
		       struct strbuf *error)
{
	struct strbuf called = STRBUF_INIT;
	int err;

	strbuf_addf(&called, "--%s", row->name);
	err = options_set(row, value, strbuf_str(&called), text, error);
	strbuf_free(&called);
	return err;
}

int options_parse(const struct option_set *sets, int argc, char **argv, struct strbuf *error)
{
	int i;

	options_begin(sets);
	for (i = 0; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const struct option_row *row = NULL;
		const char *name = argv[i] + 2, *equals;
		void *value;

		if (!strcmp(argv[i], "--"))
			return i + 1;
		equals = strchr(name, '=');
		if (argv[i][1] == '-')
			row = options_find(sets, name,
					   equals ? (size_t)(equals - name) : strlen(name), &value);
		if (!row || row->type == OPTION_LIST) {
			strbuf_addf(error, "unknown flag \"%s\", see --help", argv[i]);
			return -EINVAL;
		}
		if (!equals && row->type == OPTION_FLAG) {
			*(bool *)value = true;
			continue;
		}
		if (!equals && i + 1 == argc) {
			strbuf_addf(error, "--%s: expected a value (%s)", row->name, row->arg);
			return -EINVAL;
		}
		if (set_by_flag(row, value, equals ? equals + 1 : argv[++i], error))
			return -EINVAL;
	}
	return i;
}

void options_add_variable(const struct option_row *row, struct strbuf *out)
{
	strbuf_adds(out, "FAULTCAST_");
	for (const char *c = row->name; *c; c++)
		strbuf_addc(out, isalnum((unsigned char)*c) ? (char)toupper(*c) : '_');
}

static int set_by_environment(const struct option_row *row, void *value, struct strbuf *error)
{
	struct strbuf name = STRBUF_INIT;
	const char *text;
	int err = 0;

	options_add_variable(row, &name);
	text = getenv(strbuf_str(&name));
	if (text)
		err = options_set(row, value, strbuf_str(&name), text, error);
	strbuf_free(&name);
	return err;
}

int options_environment(const struct option_set *sets, struct strbuf *error)
{
	int err = 0;

	options_begin(sets);
	for (; sets->rows; sets++)
		for (const struct option_row *row = sets->rows; !err && row->name; row++)
			if (!row->command_line_only && row->type != OPTION_LIST)
				err = set_by_environment(row, options_value(row, sets->values),
							 error);
	return err;
}

static void add_texts(const struct option_texts *texts, struct strbuf *out)
{
	for (size_t i = 0; i < texts->count; i++)
		strbuf_addf(out, "%s%s", i ? "," : "", texts->items[i]);
}

void options_add_value(const struct option_row *row, const void *value, struct strbuf *out)
{
	switch (row->type) {
	case OPTION_FLAG:
		strbuf_adds(out, *(const bool *)value ? "true" : "false");
		break;
	case OPTION_STRING:
		strbuf_adds(out, *(const char *const *)value);
		break;
	case OPTION_TEXTS:
		add_texts(value, out);
		break;
	case OPTION_NUMBER:
		strbuf_addf(out, "%" PRIu64, *(const uint64_t *)value);
		break;
	case OPTION_CHOICE:
		strbuf_adds(out, row->choices[*(const int *)value]);
		break;
	case OPTION_DURATION:
		add_amount(out, durations, *(const uint64_t *)value);
		break;
	case OPTION_SIZE:
		add_amount(out, sizes, *(const uint64_t *)value);
		break;
	case OPTION_LIST:
		break;
	}
}

static void add_default(const struct option_row *row, const void *value, struct strbuf *out)
{
	const struct option_texts *texts = value;

	if (row->hide_default || row->type == OPTION_FLAG ||
	    (row->type == OPTION_STRING && !*(const char *const *)value) ||
	    (row->type == OPTION_TEXTS && !texts->count))
		return;
	strbuf_adds(out, " (default ");
	options_add_value(row, value, out);
	strbuf_addc(out, ')');
}

static void add_help(const struct option_row *row, const void *value, struct strbuf *out)
{
	size_t start = out->len;

	strbuf_addf(out, "  --%s", row->name);
	if (row->type != OPTION_FLAG)
		strbuf_addf(out, "=%s", row->arg);
	do {
		strbuf_addc(out, ' ');
	} while (out->len - start < HELP_COLUMN && !out->failed);
	strbuf_adds(out, row->help);
	add_default(row, value, out);
	strbuf_addc(out, '\n');
}

void options_help(const struct option_set *sets, struct strbuf *out)
{
	for (; sets->rows; sets++)
		for (const struct option_row *row = sets->rows; row->name; row++)
			if (row->type != OPTION_LIST)
				add_help(row, options_value(row, sets->values), out);
}
