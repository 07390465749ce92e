// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a formatted cursor or PCI address parses to the same value. Any text that the
 * formatter cannot have produced is refused and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "model/address.h"
#include "model/cursor.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	struct cursor cursor;
	const char *text;
} cursors[] = {
	{ { .instance = 1 }, "1.0.0" },
	{ { .instance = 0xabcdef, .seq = 42, .sub = 7 }, "abcdef.42.7" },
	{ { .instance = 0x0123456789abcdef, .seq = 10, .sub = 100 }, "123456789abcdef.10.100" },
	{ { .instance = UINT64_MAX, .seq = UINT64_MAX, .sub = INT64_MAX },
	  "ffffffffffffffff.18446744073709551615.9223372036854775807" },
};

static void cursors_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cursors); i++) {
		struct cursor back = { .instance = 99, .seq = 99, .sub = 99 };
		char text[CURSOR_LEN];

		cursor_format(&cursors[i].cursor, text);
		assert_string_equal(text, cursors[i].text);
		assert_int_equal(cursor_parse(text, &back), 0);
		assert_int_equal(back.instance, cursors[i].cursor.instance);
		assert_int_equal(back.seq, cursors[i].cursor.seq);
		assert_int_equal(back.sub, cursors[i].cursor.sub);
	}
}

static void no_instance_is_empty(void **state)
{
	const struct cursor none = { .seq = 5, .sub = 6 };
	char text[CURSOR_LEN] = "x";

	(void)state;
	cursor_format(&none, text);
	assert_string_equal(text, "");
}

static void expect_cursors_refused(const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cursor cursor = { .instance = 99, .seq = 98, .sub = 97 };

		if (cursor_parse(texts[i], &cursor) != -EINVAL)
			fail_msg("\"%s\" was not refused", texts[i]);
		assert_int_equal(cursor.instance, 99);
		assert_int_equal(cursor.seq, 98);
		assert_int_equal(cursor.sub, 97);
	}
}

static void malformed_cursors_are_refused(void **state)
{
	static const char *const texts[] = {
		/* missing parts */
		"", "1", "1.", "1.2", "1.2.", ".1.2", "1..2", "..", ".", "1.2.3.", "1.2.3.4",
		/* other separators, trailing junk, spaces */
		"1:2:3", "1,2,3", "1.2.3x", "1.2.3 ", "1.2.3\n", " 1.2.3", "1. 2.3", "1.2. 3",
		"1 .2.3", "\t1.2.3",
		/* signs */
		"+1.2.3", "-1.2.3", "1.+2.3", "1.-2.3", "1.2.+3", "1.2.-3", "1.2.-0",
		/* not of its base */
		"g.2.3", "0x1.2.3", "0X1.2.3", "1.0x2.3", "1.2.0x3", "1.a.3", "1.2.a", "1.2a.3",
		"1.2.3a", "x1.2.3",
		/* no instance */
		"0.2.3", "0000.2.3",
		/* overflow */
		"10000000000000000.2.3", "ffffffffffffffff0.2.3", "1.18446744073709551616.3",
		"1.99999999999999999999999.3", "1.2.9223372036854775808",
		"1.2.18446744073709551616",
		/* digits that are not ASCII */
		"\xd9\xa1.2.3", "1.2.\xff"
	};

	(void)state;
	expect_cursors_refused(texts, ARRAY_SIZE(texts));
}

/* Each cursor has exactly one text, so that receivers can compare cursors as strings. */
static void other_spellings_of_cursors_are_refused(void **state)
{
	static const char *const texts[] = { "AB.2.3", "aB.2.3", "01.2.3",
					     "1.02.3", "1.2.03", "1.00.0" };

	(void)state;
	expect_cursors_refused(texts, ARRAY_SIZE(texts));
}

static const struct {
	struct address address;
	const char *text;
} addresses[] = {
	{ { .type = ADDRESS_UNKNOWN }, "unknown" },
	{ { .type = ADDRESS_OVERFLOW }, "overflow" },
	{ { .type = ADDRESS_PCI }, "0000:00:00.0" },
	{ { .type = ADDRESS_PCI, .bdf = 0x0300 }, "0000:03:00.0" },
	{ { .type = ADDRESS_PCI, .segment = 0x12ab, .bdf = 0xc0fd }, "12ab:c0:1f.5" },
	{ { .type = ADDRESS_PCI, .segment = 0xffff, .bdf = 0xffff }, "ffff:ff:1f.7" },
	/* VMD numbers its segments from 0x10000. */
	{ { .type = ADDRESS_PCI, .segment = 0x10000, .bdf = 0x0100 }, "10000:01:00.0" },
	{ { .type = ADDRESS_NAME, .name = "platform/x:1" }, "platform/x:1" },
	{ { .type = ADDRESS_NAME,
	    .name = "platform/abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz" },
	  "platform/abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz" },
};

static void addresses_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		char text[ADDRESS_LEN];

		address_format(&addresses[i].address, text);
		assert_string_equal(text, addresses[i].text);
	}
}

static void longest_name_is_written_whole(void **state)
{
	struct address address = { .type = ADDRESS_NAME };
	char text[ADDRESS_LEN];

	(void)state;
	memset(address.name, 'n', FAULTCAST_NAME_LEN - 1);
	address_format(&address, text);
	assert_int_equal(strlen(text), FAULTCAST_NAME_LEN - 1);
	assert_string_equal(text, address.name);
}

static void every_bdf_round_trips(void **state)
{
	(void)state;
	for (uint32_t i = 0; i <= 0xffff; i++) {
		struct address address = { .type = ADDRESS_PCI,
					   .segment = (uint16_t)(i * 40503),
					   .bdf = (uint16_t)i };
		struct address back = { 0 };
		char text[ADDRESS_LEN];

		address_format(&address, text);
		assert_int_equal(address_parse_pci(text, &back), 0);
		assert_int_equal(back.type, ADDRESS_PCI);
		assert_int_equal(back.segment, address.segment);
		assert_int_equal(back.bdf, address.bdf);
	}
}

static void segment_may_be_left_out(void **state)
{
	struct address address = { .segment = 7 };

	(void)state;
	assert_int_equal(address_parse_pci("03:1f.7", &address), 0);
	assert_int_equal(address.type, ADDRESS_PCI);
	assert_int_equal(address.segment, 0);
	assert_int_equal(address.bdf, 0x03ff);
}

static void expect_addresses_refused(const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct address address = { .type = ADDRESS_OVERFLOW, .bdf = 0x1234 };

		if (address_parse_pci(texts[i], &address) != -EINVAL)
			fail_msg("\"%s\" was not refused", texts[i]);
		assert_int_equal(address.type, ADDRESS_OVERFLOW);
		assert_int_equal(address.bdf, 0x1234);
	}
}

static void malformed_addresses_are_refused(void **state)
{
	static const char *const texts[] = {
		/* missing parts, too many */
		"", ":", ".", "03", "03:", "03:00", "03:00.", "00.0", ":00.0", "::00.0",
		"0000::00.0", ":03:00.0", "0000:03:00", "0000:03:00.", "0:0:03:00.0", "03:00.0:1",
		"0000:03:00.0:1", "unknown", "platform/x",
		/* out of range */
		"100000000:03:00.0", "0000:100:00.0", "0000:03:20.0", "0000:03:00.8", "03:00.f",
		"fffffffffffffffff:03:00.0",
		/* signs, spaces, prefixes, junk */
		"+0:03:00.0", "-1:03:00.0", "0000:+3:00.0", "0000:03:-0.0", "0000:03:00.-1",
		" 03:00.0", "03:00.0 ", "03: 00.0", "03:00. 0", "0000:03:00.0\n", "0x03:00.0",
		"0000:03:0x0.0", "0000:03:00.0x0", "03:00.0x", "0g:00.0", "03.00.0", "03:00:0"
	};

	(void)state;
	expect_addresses_refused(texts, ARRAY_SIZE(texts));
}

/* Like address_format(): four, two and two hexadecimal digits, then one digit. */
static void addresses_of_other_widths_are_refused(void **state)
{
	static const char *const texts[] = { "3:00.0",	      "03:0.0",	       "0:03:00.0",
					     "00000:03:00.0", "0000:003:00.0", "0000:03:000.0",
					     "0000:03:00.00" };

	(void)state;
	expect_addresses_refused(texts, ARRAY_SIZE(texts));
}

/* The longest valid name, and a name that is one character longer. */
static void names_are_addresses(void **state)
{
	static const char *const texts[] = { "", "platform", "/x", "platform/", "/", "overflow" };
	char longest[ADDRESS_LEN + 1] = "bus/", back[ADDRESS_LEN];
	struct address address = { .type = ADDRESS_OVERFLOW };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(address_parse(texts[i], &address), -EINVAL);
	memset(longest + 4, 'x', ADDRESS_LEN - 4);
	longest[ADDRESS_LEN] = '\0';
	assert_int_equal(address_parse(longest, &address), -EINVAL);
	assert_int_equal(address.type, ADDRESS_OVERFLOW);
	longest[ADDRESS_LEN - 1] = '\0';
	assert_int_equal(address_parse(longest, &address), 0);
	assert_int_equal(address.type, ADDRESS_NAME);
	address_format(&address, back);
	assert_string_equal(back, longest);
	assert_int_equal(address_parse("unknown", &address), 0);
	assert_int_equal(address.type, ADDRESS_UNKNOWN);
	assert_int_equal(address_parse("03:1f.7", &address), 0);
	assert_int_equal(address.type, ADDRESS_PCI);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursors_round_trip),
		cmocka_unit_test(no_instance_is_empty),
		cmocka_unit_test(malformed_cursors_are_refused),
		cmocka_unit_test(other_spellings_of_cursors_are_refused),
		cmocka_unit_test(addresses_are_written),
		cmocka_unit_test(longest_name_is_written_whole),
		cmocka_unit_test(every_bdf_round_trips),
		cmocka_unit_test(segment_may_be_left_out),
		cmocka_unit_test(malformed_addresses_are_refused),
		cmocka_unit_test(addresses_of_other_widths_are_refused),
		cmocka_unit_test(names_are_addresses),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
