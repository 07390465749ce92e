// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: flags are parsed as given. A wrong flag gets one line that names the flag and
 * the expected value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/options.h"

static const char *const colours[] = { "red", "green", NULL };

static struct values {
	bool flag;
	const char *text;
	uint64_t number;
	int colour;
	uint64_t duration;
	uint64_t size;
	struct option_texts texts;
} got;

static bool has_no_x(const char *text)
{
	return *text && !strchr(text, 'x');
}

static const struct option_row rows[] = {
	{ .name = "flag",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct values, flag),
	  .help = "a flag" },
	{ .name = "web.text",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct values, text),
	  .arg = "TEXT",
	  .help = "t" },
	{ .name = "number",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct values, number),
	  .min = 3,
	  .max = 300,
	  .arg = "N",
	  .help = "n" },
	{ .name = "colour",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct values, colour),
	  .choices = colours,
	  .arg = "COLOUR",
	  .help = "c" },
	{ .name = "duration",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct values, duration),
	  .min = NSEC_PER_SEC,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "d" },
	{ .name = "size",
	  .type = OPTION_SIZE,
	  .offset = offsetof(struct values, size),
	  .min = 1024,
	  .max = 1ULL << 60,
	  .arg = "SIZE",
	  .help = "s" },
	{ .name = "texts",
	  .type = OPTION_TEXTS,
	  .offset = offsetof(struct values, texts),
	  .min = 1,
	  .valid = has_no_x,
	  .expected = "a text without x",
	  .arg = "TEXT",
	  .help = "several texts" },
	{ .name = NULL },
};

static const struct option_set sets[] = { { rows, &got }, { NULL, NULL } };

static int setup(void **state)
{
	(void)state;
	memset(&got, 0, sizeof(got));
	got.text = "default";
	got.number = 7;
	got.duration = 15 * 86400 * NSEC_PER_SEC;
	got.size = 512 << 20;
	got.texts.count = 1;
	strcpy(got.texts.items[0], "first");
	return 0;
}

static void reads(void **state)
{
	char *argv[] = { "--flag", "--web.text=a=b", "--number", "0x10", "--colour=green", "rest" };
	struct strbuf error = STRBUF_INIT;

	(void)state;
	assert_int_equal(options_parse(sets, 6, argv, &error), 5);
	assert_true(got.flag);
	assert_string_equal(got.text, "a=b");
	assert_int_equal(got.number, 16);
	assert_int_equal(got.colour, 1);
	assert_int_equal(error.len, 0);
}

static void ends_at_dashes(void **state)
{
	char *argv[] = { "--", "--flag" };
	struct strbuf error = STRBUF_INIT;

	(void)state;
	assert_int_equal(options_parse(sets, 2, argv, &error), 1);
	assert_false(got.flag);
}

static const struct {
	const char *arg;
	uint64_t duration; /* milliseconds */
	uint64_t size;
	const char *shown;
} amounts[] = {
	{ "--duration=1s", 1000, 0, "(default 1s)" },
	{ "--duration=15d", 15 * 86400000ULL, 0, "(default 15d)" },
	{ "--duration=1h30m", 90 * 60000, 0, "(default 90m)" },
	{ "--duration=1y2w3d4h5m6s7ms", 33019506007, 0, "(default 33019506007ms)" },
	{ "--duration=99999ms", 99999, 0, "(default 99999ms)" },
	{ "--size=1024B", 0, 1024, "(default 1KB)" },
	{ "--size=1025B", 0, 1025, "(default 1025B)" },
	{ "--size=1GB", 0, 1 << 30, "(default 1GB)" },
	{ "--size=1024GB", 0, 1ULL << 40, "(default 1TB)" },
};

static void reads_amounts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		char *argv[] = { (char *)(uintptr_t)amounts[i].arg };
		struct strbuf error = STRBUF_INIT, help = STRBUF_INIT;

		got.duration = got.size = 0;
		assert_int_equal(options_parse(sets, 1, argv, &error), 1);
		assert_int_equal(got.duration, amounts[i].duration * NSEC_PER_MSEC);
		assert_int_equal(got.size, amounts[i].size);
		options_help(sets, &help);
		assert_non_null(strstr(strbuf_str(&help), amounts[i].shown));
		strbuf_free(&help);
		strbuf_free(&error);
	}
}

/* The texts as options_add_value() shows them, with commas in between. */
static void expect_texts(const char *expected)
{
	struct strbuf out = STRBUF_INIT;

	for (const struct option_row *row = rows; row->name; row++)
		if (row->type == OPTION_TEXTS)
			options_add_value(row, &got.texts, &out);
	assert_string_equal(strbuf_str(&out), expected);
	strbuf_free(&out);
}

static void collects_texts(void **state)
{
	char *repeated[] = { "--texts=a", "--flag", "--texts", "b,c" };
	char *once[] = { "--texts=d" };
	char *wrong[] = { "--texts=a,x,b" };
	char *empty[] = { "--texts=" };
	struct strbuf error = STRBUF_INIT;

	(void)state;
	assert_int_equal(options_parse(sets, 4, repeated, &error), 4);
	expect_texts("a,b,c");
	assert_int_equal(options_parse(sets, 1, once, &error), 1);
	expect_texts("d");
	setenv("FAULTCAST_TEXTS", "e, f ,g", 1);
	assert_int_equal(options_environment(sets, &error), 0);
	unsetenv("FAULTCAST_TEXTS");
	expect_texts("e,f,g");
	assert_int_equal(options_environment(sets, &error), 0);
	expect_texts("e,f,g");
	assert_int_equal(options_parse(sets, 1, wrong, &error), -EINVAL);
	assert_string_equal(strbuf_str(&error), "--texts: expected a text without x, got \"x\"");
	strbuf_reset(&error);
	assert_int_equal(options_parse(sets, 1, empty, &error), -EINVAL);
	assert_string_equal(strbuf_str(&error), "--texts: expected a text without x, got \"\"");
	strbuf_free(&error);
}

static void bounds_texts(void **state)
{
	char argument[OPTION_TEXT_SIZE + 16] = "--texts=", *argv[OPTION_TEXTS_MAX + 1];
	struct strbuf error = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i <= OPTION_TEXTS_MAX; i++)
		argv[i] = "--texts=a";
	assert_int_equal(options_parse(sets, OPTION_TEXTS_MAX, argv, &error), OPTION_TEXTS_MAX);
	assert_int_equal(got.texts.count, OPTION_TEXTS_MAX);
	assert_int_equal(options_parse(sets, OPTION_TEXTS_MAX + 1, argv, &error), -EINVAL);
	assert_string_equal(strbuf_str(&error), "--texts: expected at most 32 values");
	strbuf_reset(&error);
	argv[0] = argument;
	memset(argument + strlen("--texts="), 'a', OPTION_TEXT_SIZE - 1);
	assert_int_equal(options_parse(sets, 1, argv, &error), 1);
	strcat(argument, "a");
	assert_int_equal(options_parse(sets, 1, argv, &error), -EINVAL);
	strbuf_free(&error);
}

static void compares_texts(void **state)
{
	char *same[] = { "--texts=first" }, *other[] = { "--texts=first,a" };
	struct option_texts before = got.texts;
	const struct option_row *row = rows;
	struct strbuf error = STRBUF_INIT;

	(void)state;
	while (row->type != OPTION_TEXTS)
		row++;
	assert_int_equal(options_parse(sets, 1, other, &error), 1);
	assert_false(options_equal(row, &before, &got.texts));
	assert_int_equal(options_parse(sets, 1, same, &error), 1);
	assert_true(options_equal(row, &before, &got.texts));
}

static const struct {
	const char *arg;
	const char *error;
} refused[] = {
	{ "--nope", "unknown flag \"--nope\", see --help" },
	{ "--fla", "unknown flag \"--fla\", see --help" },
	{ "-flag", "unknown flag \"-flag\", see --help" },
	{ "--flag=1", "--flag: expected true or false, got \"1\"" },
	{ "--number", "--number: expected a value (N)" },
	{ "--number=2", "--number: expected a number from 3 to 300, got \"2\"" },
	{ "--number=301", "--number: expected a number from 3 to 300, got \"301\"" },
	{ "--number=-4", "--number: expected a number from 3 to 300, got \"-4\"" },
	{ "--number= 4", "--number: expected a number from 3 to 300, got \" 4\"" },
	{ "--number=4k", "--number: expected a number from 3 to 300, got \"4k\"" },
	{ "--number=", "--number: expected a number from 3 to 300, got \"\"" },
	{ "--number=99999999999999999999",
	  "--number: expected a number from 3 to 300, got \"99999999999999999999\"" },
	{ "--colour=blue", "--colour: expected red, green, got \"blue\"" },
#define REFUSED_DURATION(text)                                                                     \
	{                                                                                          \
		"--duration=" text,                                                                \
			"--duration: expected a duration from 1s to 100y, got \"" text "\""        \
	}
	REFUSED_DURATION(""),
	REFUSED_DURATION("15"),
	REFUSED_DURATION("d"),
	REFUSED_DURATION("999ms"),
	REFUSED_DURATION("101y"),
	REFUSED_DURATION("1h1d"),
	REFUSED_DURATION("1h1h"),
	REFUSED_DURATION("-1d"),
	REFUSED_DURATION("1 d"),
	REFUSED_DURATION("1d "),
	REFUSED_DURATION("1.5d"),
	REFUSED_DURATION("1D"),
	REFUSED_DURATION("1000y"),
	REFUSED_DURATION("0s"),
	REFUSED_DURATION("1d30"),
	REFUSED_DURATION("99999999999999999999s"),
	{ "--size=1G", "--size: expected a size from 1KB to 1EB, got \"1G\"" },
	{ "--size=1023B", "--size: expected a size from 1KB to 1EB, got \"1023B\"" },
	{ "--size=16EB", "--size: expected a size from 1KB to 1EB, got \"16EB\"" },
	{ "--size=1000", "--size: expected a size from 1KB to 1EB, got \"1000\"" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *argv[] = { (char *)(uintptr_t)refused[i].arg };
		struct strbuf error = STRBUF_INIT;

		assert_int_equal(options_parse(sets, 1, argv, &error), -EINVAL);
		assert_string_equal(strbuf_str(&error), refused[i].error);
		strbuf_free(&error);
	}
	assert_int_equal(got.number, 7);
}

/* For defaults that are not valid values of the flag. */
static void hides_defaults(void **state)
{
	struct option_row hidden[sizeof(rows) / sizeof(rows[0])];
	const struct option_set hidden_sets[] = { { hidden, &got }, { NULL, NULL } };
	char *argv[] = { "--number=0x10", "--colour=green" };
	struct strbuf out = STRBUF_INIT;

	(void)state;
	memcpy(hidden, rows, sizeof(rows));
	for (size_t i = 0; hidden[i].name; i++)
		hidden[i].hide_default = true;
	options_help(hidden_sets, &out);
	assert_string_equal(strbuf_str(&out), "  --flag                          a flag\n"
					      "  --web.text=TEXT                 t\n"
					      "  --number=N                      n\n"
					      "  --colour=COLOUR                 c\n"
					      "  --duration=DURATION             d\n"
					      "  --size=SIZE                     s\n"
					      "  --texts=TEXT                    several texts\n");
	/* The flag is parsed and its range is checked as usual. */
	strbuf_reset(&out);
	assert_int_equal(options_parse(hidden_sets, 2, argv, &out), 2);
	assert_int_equal(got.number, 16);
	assert_int_equal(got.colour, 1);
	argv[0] = "--number=301";
	assert_int_equal(options_parse(hidden_sets, 1, argv, &out), -EINVAL);
	strbuf_free(&out);
}

static void helps(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	options_help(sets, &out);
	assert_string_equal(strbuf_str(&out),
			    "  --flag                          a flag\n"
			    "  --web.text=TEXT                 t (default default)\n"
			    "  --number=N                      n (default 7)\n"
			    "  --colour=COLOUR                 c (default red)\n"
			    "  --duration=DURATION             d (default 15d)\n"
			    "  --size=SIZE                     s (default 512MB)\n"
			    "  --texts=TEXT                    several texts (default first)\n");
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads, setup),
		cmocka_unit_test_setup(ends_at_dashes, setup),
		cmocka_unit_test_setup(reads_amounts, setup),
		cmocka_unit_test_setup(collects_texts, setup),
		cmocka_unit_test_setup(bounds_texts, setup),
		cmocka_unit_test_setup(compares_texts, setup),
		cmocka_unit_test_setup(refuses, setup),
		cmocka_unit_test_setup(helps, setup),
		cmocka_unit_test_setup(hides_defaults, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
