// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the text format 0.0.4 and OpenMetrics 1.0 are written as Prometheus reads them,
 * whatever bytes a label holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "expo/expo.h"
#include "expo/histogram.h"
#include "model/cursor.h"

static const struct metric_family counter = { "x_total", METRIC_COUNTER,
					      "One \\ line\nof \"help\"." };
static const struct metric_family gauge = { "y", METRIC_GAUGE, "Why." };
static const struct metric_family times = { "z_seconds", METRIC_HISTOGRAM, "Times." };

static const struct label labels[] = { { "device", "a\"b\\c\nd" }, { "access", "read" }, { 0 } };
static const struct label plain[] = { { "to", "ok" }, { 0 } };
static const struct exemplar exemplar = { { 0xabc, 12, 0 }, 1, 1520879607789000000 };
static const struct exemplar none = { { 0, 0, 0 }, 1, 2 };

static const uint64_t bounds[] = { 10000, 1000000000 };

static void observe(struct histogram *h)
{
	const struct cursor first = { 0xabc, 1, 0 }, second = { 0xabc, 2, 0 };

	*h = (struct histogram){ .bounds_ns = bounds, .num_bounds = 2 };
	histogram_observe(h, 10000, &first, 1000000000);
	histogram_observe(h, 1500000000, &second, 2500000000);
}

static void write_all(struct expo *e)
{
	struct histogram h;

	observe(&h);
	e->created_ns = 5500000000;
	expo_family(e, &counter);
	expo_sample(e, labels, UNIT_WHOLE, UINT64_MAX, &exemplar);
	expo_sample(e, NULL, UNIT_NANOSECONDS, 20000000, &none);
	expo_family(e, &gauge);
	expo_sample(e, plain, UNIT_NANOSECONDS, 1795352864101973000, &exemplar);
	expo_family(e, &times);
	expo_histogram(e, plain, &h);
	expo_end(e);
}

static void writes_text(void **state)
{
	struct expo e = { .format = &expo_text, .with_created = true };

	(void)state;
	write_all(&e);
	assert_string_equal(
		strbuf_str(&e.body),
		"# HELP x_total One \\\\ line\\nof \"help\".\n"
		"# TYPE x_total counter\n"
		"x_total{device=\"a\\\"b\\\\c\\nd\",access=\"read\"} 18446744073709551615\n"
		"x_total 0.02\n"
		"# HELP y Why.\n"
		"# TYPE y gauge\n"
		"y{to=\"ok\"} 1795352864.101973\n"
		"# HELP z_seconds Times.\n"
		"# TYPE z_seconds histogram\n"
		"z_seconds_bucket{to=\"ok\",le=\"1e-05\"} 1\n"
		"z_seconds_bucket{to=\"ok\",le=\"1.0\"} 1\n"
		"z_seconds_bucket{to=\"ok\",le=\"+Inf\"} 2\n"
		"z_seconds_sum{to=\"ok\"} 1.50001\n"
		"z_seconds_count{to=\"ok\"} 2\n");
	strbuf_free(&e.body);
}

static void writes_openmetrics(void **state)
{
	struct expo e = { .format = &expo_openmetrics };

	(void)state;
	write_all(&e);
	assert_string_equal(
		strbuf_str(&e.body),
		"# TYPE x counter\n"
		"# HELP x One \\\\ line\\nof \\\"help\\\".\n"
		"x_total{device=\"a\\\"b\\\\c\\nd\",access=\"read\"} 18446744073709551615"
		" # {cursor=\"abc.12.0\"} 1 1520879607.789\n"
		"x_total 0.02\n"
		"# TYPE y gauge\n"
		"# HELP y Why.\n"
		"y{to=\"ok\"} 1795352864.101973\n"
		"# TYPE z_seconds histogram\n"
		"# HELP z_seconds Times.\n"
		"z_seconds_bucket{to=\"ok\",le=\"1e-05\"} 1"
		" # {cursor=\"abc.1.0\"} 0.00001 1\n"
		"z_seconds_bucket{to=\"ok\",le=\"1.0\"} 1\n"
		"z_seconds_bucket{to=\"ok\",le=\"+Inf\"} 2"
		" # {cursor=\"abc.2.0\"} 1.5 2.5\n"
		"z_seconds_sum{to=\"ok\"} 1.50001\n"
		"z_seconds_count{to=\"ok\"} 2\n"
		"# EOF\n");
	strbuf_free(&e.body);
}

static void writes_created(void **state)
{
	struct expo e = { .format = &expo_openmetrics, .with_created = true };
	struct histogram h;

	(void)state;
	observe(&h);
	e.created_ns = 5500000000;
	expo_family(&e, &counter);
	expo_sample(&e, plain, UNIT_WHOLE, 3, &exemplar);
	expo_family(&e, &gauge);
	expo_sample(&e, NULL, UNIT_WHOLE, 0, NULL);
	expo_family(&e, &times);
	expo_histogram(&e, NULL, &h);
	/* The time when the counter began is unknown. */
	e.created_ns = 0;
	expo_family(&e, &counter);
	expo_sample(&e, NULL, UNIT_WHOLE, 4, NULL);
	expo_end(&e);
	assert_string_equal(strbuf_str(&e.body),
			    "# TYPE x counter\n"
			    "# HELP x One \\\\ line\\nof \\\"help\\\".\n"
			    "x_total{to=\"ok\"} 3 # {cursor=\"abc.12.0\"} 1 1520879607.789\n"
			    "x_created{to=\"ok\"} 5.5\n"
			    "# TYPE y gauge\n"
			    "# HELP y Why.\n"
			    "y 0\n"
			    "# TYPE z_seconds histogram\n"
			    "# HELP z_seconds Times.\n"
			    "z_seconds_bucket{le=\"1e-05\"} 1 # {cursor=\"abc.1.0\"} 0.00001 1\n"
			    "z_seconds_bucket{le=\"1.0\"} 1\n"
			    "z_seconds_bucket{le=\"+Inf\"} 2 # {cursor=\"abc.2.0\"} 1.5 2.5\n"
			    "z_seconds_sum 1.50001\n"
			    "z_seconds_count 2\n"
			    "z_seconds_created 5.5\n"
			    "# TYPE x counter\n"
			    "# HELP x One \\\\ line\\nof \\\"help\\\".\n"
			    "x_total 4\n"
			    "# EOF\n");
	strbuf_free(&e.body);
}

static const struct {
	enum unit unit;
	uint64_t value;
	const char *text;
} values[] = {
	{ UNIT_WHOLE, 0, "0" },
	{ UNIT_WHOLE, 1000, "1000" },
	{ UNIT_NANOSECONDS, 0, "0" },
	{ UNIT_NANOSECONDS, 1, "0.000000001" },
	{ UNIT_NANOSECONDS, 120000000, "0.12" },
	{ UNIT_NANOSECONDS, 1000000000, "1" },
	{ UNIT_NANOSECONDS, 10000000001, "10.000000001" },
	{ UNIT_NANOSECONDS, UINT64_MAX, "18446744073.709551615" },
};

static void writes_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct expo e = { .format = &expo_text };
		char expected[64];

		expo_family(&e, &gauge);
		strbuf_reset(&e.body);
		expo_sample(&e, NULL, values[i].unit, values[i].value, NULL);
		snprintf(expected, sizeof(expected), "y %s\n", values[i].text);
		assert_string_equal(strbuf_str(&e.body), expected);
		strbuf_free(&e.body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_text),
		cmocka_unit_test(writes_openmetrics),
		cmocka_unit_test(writes_created),
		cmocka_unit_test(writes_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
