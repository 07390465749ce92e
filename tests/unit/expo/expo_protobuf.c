// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: protobuf-c reads the protobuf format back with each value, label, exemplar and
 * creation time. The spans of the native histogram hold each observation in the right
 * bucket. Lengths that take two bytes and more are encoded correctly.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <io/prometheus/client/metrics.pb-c.h>

#include "expo/expo.h"
#include "expo/histogram.h"

typedef Io__Prometheus__Client__MetricFamily Family;
typedef Io__Prometheus__Client__Metric Metric;
typedef Io__Prometheus__Client__Histogram Histogram;

static const struct metric_family counter = { "x_total", METRIC_COUNTER, "Ex." };
static const struct metric_family gauge = { "y", METRIC_GAUGE, "Why." };
static const struct metric_family times = { "z_seconds", METRIC_HISTOGRAM, "Times." };
static const struct exemplar exemplar = { { 0xabc, 12, 0 }, 1, 1520879607789000001 };

/* Unpacks the family at @at and moves @at behind it. */
static Family *next_family(const struct strbuf *body, size_t *at)
{
	size_t len = 0;
	Family *family;

	for (int shift = 0;; shift += 7) {
		const uint8_t byte = (uint8_t)body->s[(*at)++];

		len |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	assert_true(*at + len <= body->len);
	family = io__prometheus__client__metric_family__unpack(NULL, len, (uint8_t *)body->s + *at);
	assert_non_null(family);
	*at += len;
	return family;
}

static void free_family(Family *family)
{
	io__prometheus__client__metric_family__free_unpacked(family, NULL);
}

static void assert_exemplar(const Io__Prometheus__Client__Exemplar *e, const char *cursor,
			    double value)
{
	assert_non_null(e);
	assert_int_equal(e->n_label, 1);
	assert_string_equal(e->label[0]->name, "cursor");
	assert_string_equal(e->label[0]->value, cursor);
	assert_true(fabs(e->value - value) < 1e-12);
}

static void writes_counters_and_gauges(void **state)
{
	const struct label labels[] = { { "device", "a\"b" }, { "access", "read" }, { 0 } };
	struct expo e = { .format = &expo_protobuf, .created_ns = 5500000000 };
	size_t at = 0;
	Family *family;

	(void)state;
	expo_family(&e, &counter);
	expo_sample(&e, labels, UNIT_WHOLE, 1ULL << 40, &exemplar);
	expo_sample(&e, NULL, UNIT_NANOSECONDS, 1500000000, NULL);
	expo_family(&e, &gauge);
	expo_sample(&e, labels, UNIT_WHOLE, 2, &exemplar);
	expo_end(&e);

	family = next_family(&e.body, &at);
	assert_string_equal(family->name, "x_total");
	assert_string_equal(family->help, "Ex.");
	assert_int_equal(family->type, IO__PROMETHEUS__CLIENT__METRIC_TYPE__COUNTER);
	assert_int_equal(family->n_metric, 2);
	assert_int_equal(family->metric[0]->n_label, 2);
	assert_string_equal(family->metric[0]->label[0]->name, "device");
	assert_string_equal(family->metric[0]->label[0]->value, "a\"b");
	assert_string_equal(family->metric[0]->label[1]->value, "read");
	assert_true(family->metric[0]->counter->value == (double)(1ULL << 40));
	assert_exemplar(family->metric[0]->counter->exemplar, "abc.12.0", 1);
	assert_int_equal(family->metric[0]->counter->exemplar->timestamp->seconds, 1520879607);
	assert_int_equal(family->metric[0]->counter->exemplar->timestamp->nanos, 789000001);
	assert_int_equal(family->metric[0]->counter->created_timestamp->seconds, 5);
	assert_int_equal(family->metric[0]->counter->created_timestamp->nanos, 500000000);
	assert_true(family->metric[1]->counter->value == 1.5);
	assert_null(family->metric[1]->counter->exemplar);
	free_family(family);

	family = next_family(&e.body, &at);
	assert_string_equal(family->name, "y");
	assert_int_equal(family->type, IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE);
	assert_true(family->metric[0]->gauge->value == 2);
	free_family(family);
	assert_int_equal(at, e.body.len);
	strbuf_free(&e.body);
}

static const uint64_t bounds[] = { 10000, 1000000000 };

/* The count of native bucket @index, from spans and deltas. */
static uint64_t bucket_at(const Histogram *h, int index)
{
	int at = 0;
	int64_t value = 0;
	size_t delta = 0;

	for (size_t i = 0; i < h->n_positive_span; i++) {
		at += h->positive_span[i]->offset;
		for (uint32_t j = 0; j < h->positive_span[i]->length; j++, at++) {
			assert_true(delta < h->n_positive_delta);
			value += h->positive_delta[delta++];
			if (at == index)
				return (uint64_t)value;
		}
	}
	return 0;
}

static const struct {
	uint64_t ns;
	int index; /* ceil(8 log2(seconds)) */
} observed[] = {
	{ 2, -231 },	   { 1000, -159 },
	{ 1001, -159 },	   { 10000, -132 },
	{ 500000000, -8 }, { 500000001, -7 },
	{ 1000000000, 0 }, { 1000000001, 1 },
	{ 2000000000, 8 }, { 1ULL << 60, 136 } /* beyond the last bucket of the other histogram */,
};

static void writes_histograms(void **state)
{
	struct expo e = { .format = &expo_protobuf, .created_ns = 1 };
	struct histogram h = { .bounds_ns = bounds, .num_bounds = 2 };
	const size_t n = sizeof(observed) / sizeof(observed[0]);
	const Histogram *got;
	size_t at = 0;
	Family *family;

	(void)state;
	histogram_observe(&h, 0, &exemplar.cursor, 1);
	histogram_observe(&h, 1, &exemplar.cursor, 1);
	for (size_t i = 0; i < n; i++)
		histogram_observe(&h, observed[i].ns, &exemplar.cursor, 1);
	expo_family(&e, &times);
	expo_histogram(&e, NULL, &h);
	expo_end(&e);

	family = next_family(&e.body, &at);
	assert_int_equal(family->type, IO__PROMETHEUS__CLIENT__METRIC_TYPE__HISTOGRAM);
	got = family->metric[0]->histogram;
	assert_int_equal(got->sample_count, n + 2);
	assert_int_equal(got->n_bucket, 3);
	assert_int_equal(got->bucket[0]->cumulative_count, 6);
	assert_int_equal(got->bucket[1]->cumulative_count, 9);
	assert_int_equal(got->bucket[2]->cumulative_count, n + 2);
	assert_true(got->bucket[0]->upper_bound == 1e-5);
	assert_true(isinf(got->bucket[2]->upper_bound));
	assert_exemplar(got->bucket[0]->exemplar, "abc.12.0", 1e-5);
	assert_int_equal(got->schema, 3);
	assert_true(got->zero_threshold == 1e-9);
	assert_int_equal(got->zero_count, 2);
	assert_non_null(got->created_timestamp);
	for (size_t i = 0; i < n; i++) {
		uint64_t expected = 0;

		for (size_t j = 0; j < n; j++)
			expected += observed[j].index == observed[i].index;
		assert_int_equal(bucket_at(got, observed[i].index), expected);
	}
	/*
	 * The indices -231, -159, -132, -8, -7, 0, 1, 8 and 136. Each run of neighbours
	 * is a span.
	 */
	assert_int_equal(got->n_positive_span, 7);
	free_family(family);
	strbuf_free(&e.body);
}

static void writes_an_empty_histogram(void **state)
{
	struct expo e = { .format = &expo_protobuf };
	struct histogram h = { .bounds_ns = bounds, .num_bounds = 2 };
	size_t at = 0;
	Family *family;

	(void)state;
	expo_family(&e, &times);
	expo_histogram(&e, NULL, &h);
	expo_end(&e);
	family = next_family(&e.body, &at);
	assert_int_equal(family->metric[0]->histogram->sample_count, 0);
	assert_int_equal(family->metric[0]->histogram->n_positive_span, 0);
	/* Prometheus recognises a native histogram by its zero threshold. */
	assert_true(family->metric[0]->histogram->zero_threshold > 0);
	free_family(family);
	strbuf_free(&e.body);
}

static void writes_long_lengths(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 12, 13, 14, 100, 1300, 1400, 250000 };
	const struct label labels[] = { { "a", "b" }, { 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct expo e = { .format = &expo_protobuf };
		size_t at = 0;
		Family *family;

		expo_family(&e, &gauge);
		for (size_t j = 0; j < counts[i]; j++)
			expo_sample(&e, labels, UNIT_WHOLE, j, NULL);
		expo_family(&e, &counter);
		expo_end(&e);
		family = next_family(&e.body, &at);
		assert_int_equal(family->n_metric, counts[i]);
		if (counts[i])
			assert_true(family->metric[counts[i] - 1]->gauge->value ==
				    (double)(counts[i] - 1));
		free_family(family);
		family = next_family(&e.body, &at);
		assert_string_equal(family->name, "x_total");
		free_family(family);
		assert_int_equal(at, e.body.len);
		strbuf_free(&e.body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_counters_and_gauges),
		cmocka_unit_test(writes_histograms),
		cmocka_unit_test(writes_an_empty_histogram),
		cmocka_unit_test(writes_long_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
