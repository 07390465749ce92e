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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(repairs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
