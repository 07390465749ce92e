// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: the text format 0.0.4 is written as Prometheus reads it, whatever a label holds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expo/text.h"

static void writes_a_family(void **state)
{
	const struct label labels[] = { { "device", "a\"b\\c\nd" }, { "access", "read" }, { 0 } };
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	text_family(&sb, "x_total", "counter", "One \\ line\nof \"help\".");
	text_count(&sb, "x_total", "", labels, UINT64_MAX);
	text_count(&sb, "x_total", "", NULL, 0);
	assert_string_equal(
		strbuf_str(&sb),
		"# HELP x_total One \\\\ line\\nof \"help\".\n"
		"# TYPE x_total counter\n"
		"x_total{device=\"a\\\"b\\\\c\\nd\",access=\"read\"} 18446744073709551615\n"
		"x_total 0\n");
	strbuf_free(&sb);
}

static const struct {
	double value;
	const char *text;
} values[] = {
	{ 0, "x_sum 0\n" },
	{ 0.1, "x_sum 0.1\n" },
	{ 1.0 / 3, "x_sum 0.3333333333333333\n" },
	{ 1795352864.101973, "x_sum 1795352864.101973\n" },
	{ INFINITY, "x_sum +Inf\n" },
	{ -INFINITY, "x_sum -Inf\n" },
	{ NAN, "x_sum NaN\n" },
};

static void writes_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct strbuf sb = STRBUF_INIT;

		text_value(&sb, "x", "_sum", NULL, values[i].value);
		assert_string_equal(strbuf_str(&sb), values[i].text);
		strbuf_free(&sb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_family),
		cmocka_unit_test(writes_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
