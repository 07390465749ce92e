// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: flags are read as given, and a wrong one gets one line naming it and what was expected.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"

static const char *const colours[] = { "red", "green", NULL };

static struct {
	bool flag;
	const char *text;
	uint64_t number;
	int colour;
} got;

static const struct option_row rows[] = {
	{ .name = "flag", .type = OPTION_FLAG, .value = &got.flag, .help = "a flag" },
	{ .name = "web.text",
	  .type = OPTION_STRING,
	  .value = &got.text,
	  .arg = "TEXT",
	  .help = "t" },
	{ .name = "number",
	  .type = OPTION_NUMBER,
	  .value = &got.number,
	  .min = 3,
	  .max = 300,
	  .arg = "N",
	  .help = "n" },
	{ .name = "colour",
	  .type = OPTION_CHOICE,
	  .value = &got.colour,
	  .choices = colours,
	  .arg = "COLOUR",
	  .help = "c" },
	{ .name = NULL },
};

static int setup(void **state)
{
	(void)state;
	memset(&got, 0, sizeof(got));
	got.text = "default";
	got.number = 7;
	return 0;
}

static void reads(void **state)
{
	char *argv[] = { "--flag", "--web.text=a=b", "--number", "0x10", "--colour=green", "rest" };
	struct strbuf error = STRBUF_INIT;

	(void)state;
	assert_int_equal(options_parse(rows, 6, argv, &error), 5);
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
	assert_int_equal(options_parse(rows, 2, argv, &error), 1);
	assert_false(got.flag);
}

static const struct {
	const char *arg;
	const char *error;
} refused[] = {
	{ "--nope", "unknown flag \"--nope\", see --help" },
	{ "--fla", "unknown flag \"--fla\", see --help" },
	{ "-flag", "unknown flag \"-flag\", see --help" },
	{ "--flag=1", "--flag: takes no value, got \"1\"" },
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
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *argv[] = { (char *)(uintptr_t)refused[i].arg };
		struct strbuf error = STRBUF_INIT;

		assert_int_equal(options_parse(rows, 1, argv, &error), -EINVAL);
		assert_string_equal(strbuf_str(&error), refused[i].error);
		strbuf_free(&error);
	}
	assert_int_equal(got.number, 7);
}

/* For a default that is no value that a flag can have. */
static void hides_defaults(void **state)
{
	struct option_row hidden[sizeof(rows) / sizeof(rows[0])];
	char *argv[] = { "--number=0x10", "--colour=green" };
	struct strbuf out = STRBUF_INIT;

	(void)state;
	memcpy(hidden, rows, sizeof(rows));
	for (size_t i = 0; hidden[i].name; i++)
		hidden[i].hide_default = true;
	options_help(hidden, &out);
	assert_string_equal(strbuf_str(&out), "  --flag                          a flag\n"
					      "  --web.text=TEXT                 t\n"
					      "  --number=N                      n\n"
					      "  --colour=COLOUR                 c\n");
	/* It is parsed all the same, and held to its range. */
	strbuf_reset(&out);
	assert_int_equal(options_parse(hidden, 2, argv, &out), 2);
	assert_int_equal(got.number, 16);
	assert_int_equal(got.colour, 1);
	argv[0] = "--number=301";
	assert_int_equal(options_parse(hidden, 1, argv, &out), -EINVAL);
	strbuf_free(&out);
}

static void helps(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	options_help(rows, &out);
	assert_string_equal(strbuf_str(&out),
			    "  --flag                          a flag\n"
			    "  --web.text=TEXT                 t (default default)\n"
			    "  --number=N                      n (default 7)\n"
			    "  --colour=COLOUR                 c (default red)\n");
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads, setup),
		cmocka_unit_test_setup(ends_at_dashes, setup),
		cmocka_unit_test_setup(refuses, setup),
		cmocka_unit_test_setup(helps, setup),
		cmocka_unit_test_setup(hides_defaults, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
