// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: repaired text is valid UTF-8 and has the same length, whatever bytes it held.
 * Valid text is unchanged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/utf8.h"

static const struct {
	const char *text, *repaired;
} cases[] = {
	{ "", "" },
	{ "mlx5_core \"a\\b\"\r\n\t\x7f", "mlx5_core \"a\\b\"\r\n\t\x7f" },
	{ "f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x92\xa5", "f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x92\xa5" },
	{ "f\xfcr", "f?r" },	   /* Latin-1 */
	{ "f\xc3", "f?" },	   /* truncated */
	{ "\xf0\x9f\x92", "???" }, /* truncated */
	{ "\xf0\x9f\x92\xc3\xbc", "???\xc3\xbc" },
	{ "\x80\xbf", "??" },			  /* starts within a character */
	{ "\xc0\xaf\xe0\x80\xaf", "?????" },	  /* overlong */
	{ "\xed\xa0\x80", "???" },		  /* half of a surrogate pair */
	{ "\xf4\x90\x80\x80\xf5\xff", "??????" }, /* beyond the last code point */
	{ "\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\xef\xbf\xbf\xf4\x8f\xbf\xbf" },
};

static void repairs(void **state)
{
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		utf8_repair(text);
		assert_string_equal(text, cases[i].repaired);
	}
}

static void makes_printable(void **state)
{
	static const char *const texts[][2] = {
		{ "", "" },
		{ "f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x92\xa5",
		  "f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x92\xa5" },
		{ "a/\x1b]0;owned\x07\x1b[2J", "a/?]0;owned??[2J" },
		{ "a\nb\rc\td\x7f", "a?b?c?d?" },
		/* The C1 control CSI, as UTF-8 and as a byte. */
		{ "\xc2\x9b"
		  "2J \x9b"
		  "2J",
		  "?2J ?2J" },
		/* Right-to-left override, zero-width space, line separator, tag. */
		{ "\xe2\x80\xae"
		  "a\xe2\x80\x8b"
		  "b\xe2\x80\xa8\xf3\xa0\x80\xa0",
		  "?a?b??" },
		{ "\xff\xc3", "??" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), "%s", texts[i][0]);
		utf8_make_printable(text);
		assert_string_equal(text, texts[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(repairs),
					    cmocka_unit_test(makes_printable) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
