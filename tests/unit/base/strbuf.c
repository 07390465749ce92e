// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a strbuf holds exactly the text that was added. Running out of memory is
 * reported once and does no harm. A JSON string from a strbuf is valid JSON and UTF-8,
 * whatever bytes were added.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* More than any machine has, but no overflow of size_t. */
#define TOO_MUCH ((size_t)1 << 50)

/* By default ASan ends the program where malloc() would return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void empty_is_a_string(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_reset(&sb);
	strbuf_free(&sb);
	strbuf_free(&sb);
	assert_string_equal(strbuf_str(&sb), "");
}

static void additions_are_in_order(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_adds(&sb, "a");
	strbuf_addc(&sb, 'b');
	strbuf_add(&sb, "cde", 2);
	strbuf_addf(&sb, "%d%s", 12, "e");
	assert_string_equal(strbuf_str(&sb), "abcd12e");
	assert_int_equal(sb.len, 7);
	assert_false(sb.failed);
	strbuf_free(&sb);
}

static void nul_bytes_are_kept(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_add(&sb, "a\0b", 3);
	strbuf_addc(&sb, '\0');
	assert_int_equal(sb.len, 4);
	assert_memory_equal(sb.s, "a\0b\0", 5);
	strbuf_free(&sb);
}

/* Crosses every size at which the buffer is reallocated. */
static void growing_loses_nothing(void **state)
{
	struct strbuf one = STRBUF_INIT, fmt = STRBUF_INIT;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		strbuf_addc(&one, (char)('a' + i % 26));
		strbuf_addf(&fmt, "%c", 'a' + i % 26);
		assert_int_equal(one.len, i + 1);
		assert_int_equal(strlen(one.s), i + 1);
		assert_true(one.size > one.len);
	}
	assert_string_equal(one.s, fmt.s);
	for (unsigned int i = 0; i < 5000; i++)
		assert_int_equal(one.s[i], 'a' + i % 26);
	strbuf_free(&one);
	strbuf_free(&fmt);
}

static void reserve_makes_room(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_adds(&sb, "head");
	assert_true(strbuf_reserve(&sb, 10000));
	assert_true(sb.size >= 4 + 10000 + 1);
	assert_string_equal(strbuf_str(&sb), "head");
	memset(sb.s + sb.len, 'x', 10001);
	strbuf_free(&sb);
}

static void reset_keeps_the_memory(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	const char *memory;

	(void)state;
	strbuf_adds(&sb, "something");
	memory = sb.s;
	strbuf_reset(&sb);
	assert_int_equal(sb.len, 0);
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_adds(&sb, "else");
	assert_ptr_equal(sb.s, memory);
	assert_string_equal(strbuf_str(&sb), "else");
	strbuf_free(&sb);
}

static void detach_gives_the_memory_away(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char *mine;

	(void)state;
	strbuf_adds(&sb, "mine");
	mine = strbuf_detach(&sb);
	assert_string_equal(mine, "mine");
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_adds(&sb, "new");
	assert_string_equal(mine, "mine");
	assert_string_equal(strbuf_str(&sb), "new");
	free(mine);
	strbuf_free(&sb);
}

static void out_of_memory_is_said_and_stays(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_adds(&sb, "before");
	assert_false(strbuf_reserve(&sb, TOO_MUCH));
	assert_true(sb.failed);
	strbuf_adds(&sb, "after");
	strbuf_addc(&sb, 'x');
	strbuf_addf(&sb, "%d", 1);
	strbuf_add_json_string(&sb, "after");
	assert_false(strbuf_reserve(&sb, 1));
	assert_string_equal(strbuf_str(&sb), "before");
	assert_int_equal(sb.len, 6);
	assert_true(sb.failed);
	strbuf_reset(&sb);
	assert_false(sb.failed);
	strbuf_adds(&sb, "again");
	assert_string_equal(strbuf_str(&sb), "again");
	strbuf_free(&sb);
}

/* If the overflow is not detected, SIGALRM ends the program. */
static void sizes_that_overflow_are_out_of_memory(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4, SIZE_MAX / 2 + 1,
					SIZE_MAX / 2 };

	(void)state;
	alarm(20);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct strbuf sb = STRBUF_INIT;

		strbuf_adds(&sb, "four");
		if (strbuf_reserve(&sb, sizes[i]))
			fail_msg("%zu bytes were granted", sizes[i]);
		assert_true(sb.failed);
		assert_string_equal(strbuf_str(&sb), "four");
		strbuf_free(&sb);
	}
	alarm(0);
}

static const struct {
	const char *raw;
	const char *json;
} strings[] = {
	{ "", "\"\"" },
	{ "plain text", "\"plain text\"" },
	{ "say \"a\\b\"/", "\"say \\\"a\\\\b\\\"/\"" },
	{ "a\nb", "\"a\\nb\"" },
	{ "\t\r\x01\x1f", "\"\\u0009\\u000d\\u0001\\u001f\"" },
	{ "\x7f", "\"\\u007f\"" },
	/* the first and last code point of each length */
	{ "\xc2\x80\xdf\xbf", "\"\xc2\x80\xdf\xbf\"" },
	{ "\xe0\xa0\x80\xef\xbf\xbf", "\"\xe0\xa0\x80\xef\xbf\xbf\"" },
	{ "\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\"" },
	{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
	/* a lone continuation byte; bytes that UTF-8 never uses */
	{ "a\x80z", "\"a\\ufffdz\"" },
	{ "\xc0\xc1\xf5\xfe\xff", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	/* truncated by another character or by the end */
	{ "\xc3z", "\"\\ufffdz\"" },
	{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
	{ "\xf0\x9f\x98", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xe2\x82\"", "\"\\ufffd\\ufffd\\\"\"" },
	/* overlong */
	{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
	{ "\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	/* surrogates, and beyond the last code point */
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xed\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
};

static void json_strings_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct strbuf sb = STRBUF_INIT;

		strbuf_add_json_string(&sb, strings[i].raw);
		assert_string_equal(strbuf_str(&sb), strings[i].json);
		strbuf_free(&sb);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_a_string),
		cmocka_unit_test(additions_are_in_order),
		cmocka_unit_test(nul_bytes_are_kept),
		cmocka_unit_test(growing_loses_nothing),
		cmocka_unit_test(reserve_makes_room),
		cmocka_unit_test(reset_keeps_the_memory),
		cmocka_unit_test(detach_gives_the_memory_away),
		cmocka_unit_test(out_of_memory_is_said_and_stays),
		cmocka_unit_test(json_strings_are_escaped),
		cmocka_unit_test(sizes_that_overflow_are_out_of_memory),
	};

	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
