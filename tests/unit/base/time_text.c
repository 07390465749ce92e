// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a time is parsed as written, in every time zone and locale. Any other text is
 * refused and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/time_text.h"

#define SECOND 1000000000ULL
#define NOW (1795374000 * SECOND + 5)

static const struct {
	const char *text;
	uint64_t real_ns;
} good[] = {
	/* date -u -d 2026-11-22T19:00:00Z +%s */
	{ "2026-11-22T19:00:00Z", 1795374000 * SECOND },
	{ "2026-11-22t19:00:00z", 1795374000 * SECOND },
	{ "2026-11-22 19:00:00Z", 1795374000 * SECOND },
	{ "2026-11-22T20:00:00+01:00", 1795374000 * SECOND },
	{ "2026-11-22T20:00:00 01:00", 1795374000 * SECOND },
	{ "2026-11-22T09:30:00-09:30", 1795374000 * SECOND },
	{ "2026-11-23T18:59:00+23:59", 1795374000 * SECOND },
	{ "2026-11-22T19:00:00-00:00", 1795374000 * SECOND },
	{ "2026-11-22T19:00:00.5Z", 1795374000 * SECOND + SECOND / 2 },
	{ "2026-11-22T19:00:00.000000001Z", 1795374000 * SECOND + 1 },
	{ "2026-11-22T19:00:00.123456789987654321+00:00", 1795374000 * SECOND + 123456789 },
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:00:00-01:00", 0 },
	{ "2024-02-29T00:00:00Z", 1709164800 * SECOND },
	{ "2000-02-29T00:00:00Z", 951782400 * SECOND },
	{ "2016-12-31T23:59:60Z", 1483228800 * SECOND },
	{ "2554-07-21T23:34:33.709551615Z", UINT64_MAX },
	{ "0", 0 },
	{ "1795374000", 1795374000 * SECOND },
	{ "1795374000.25", 1795374000 * SECOND + SECOND / 4 },
	{ "0001795374000.0", 1795374000 * SECOND },
	{ "18446744073.709551615", UINT64_MAX },
	{ "18446744073.7095516159", UINT64_MAX },
	{ "90s", NOW - 90 * SECOND },
	{ "15m", NOW - 900 * SECOND },
	{ "24h", NOW - 86400 * SECOND },
	{ "7d", NOW - 7 * 86400 * SECOND },
	{ "0s", NOW },
	{ "1795374000s", 5 },
};

static const char *const bad[] = {
	"",
	" ",
	"x",
	"-1",
	"+1",
	" 1",
	"1 ",
	"1\n",
	"1.",
	".5",
	"1.5s",
	"1.5.5",
	"1e9",
	"0x10",
	/* durations */
	"s",
	"1S",
	"1w",
	"1ms",
	"90s ",
	"-5m",
	"1h30m",
	"1795374001s",
	"18446744073709551615d",
	"213503982334602d",
	"20780d",
	"9999999999999999999s",
	"99999999999999999999s",
	/* seconds */
	"18446744074",
	"18446744073.709551616",
	"18446744073709551616",
	"99999999999999999999999",
	/* dates that do not exist, or are out of range */
	"2026-02-29T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2026-04-31T00:00:00Z",
	"2026-00-01T00:00:00Z",
	"2026-13-01T00:00:00Z",
	"2026-01-00T00:00:00Z",
	"2026-01-32T00:00:00Z",
	"1969-12-31T23:59:59Z",
	"1970-01-01T00:00:00+00:01",
	"0000-01-01T00:00:00Z",
	"9999-12-31T23:59:59Z",
	"2554-07-21T23:34:33.709551616Z",
	"2554-07-21T23:34:34Z",
	/* times */
	"2026-11-22T24:00:00Z",
	"2026-11-22T19:60:00Z",
	"2026-11-22T19:00:61Z",
	"2026-11-22T19:00:00.Z",
	"2026-11-22T19:00:00,5Z",
	/* other spellings */
	"2026-11-22",
	"2026-11-22T19:00:00",
	"2026-11-22T19:00Z",
	"2026-11-22T190000Z",
	"20261122T190000Z",
	"2026-11-22T19:00:00+0100",
	"2026-11-22T19:00:00+01",
	"2026-11-22T19:00:00+24:00",
	"2026-11-22T19:00:00+01:60",
	"2026-11-22T19:00:00Z ",
	"2026-11-22T19:00:00ZZ",
	" 2026-11-22T19:00:00Z",
	"26-11-22T19:00:00Z",
	"2026-11-22T+9:00:00Z",
	"2026- 1-22T19:00:00Z",
	"12026-11-22T19:00:00Z",
	"now",
	"yesterday",
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t real_ns = 77;

		if (time_parse(good[i].text, NOW, &real_ns))
			fail_msg("\"%s\" was refused", good[i].text);
		if (real_ns != good[i].real_ns)
			fail_msg("\"%s\": got %llu, expected %llu", good[i].text,
				 (unsigned long long)real_ns, (unsigned long long)good[i].real_ns);
	}
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t real_ns = 77;

		if (time_parse(bad[i], NOW, &real_ns) != -EINVAL)
			fail_msg("\"%s\" was not refused", bad[i]);
		assert_int_equal(real_ns, 77);
	}
}

/* An hour that a change to summer time skips. */
static void knows_no_zone(void **state)
{
	uint64_t real_ns = 0;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_int_equal(time_parse("2026-03-29T02:30:00Z", NOW, &real_ns), 0);
	assert_int_equal(real_ns, 1774751400 * SECOND);
	reads(state);
	unsetenv("TZ");
	tzset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(knows_no_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
