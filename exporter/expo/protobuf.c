// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delimited io.prometheus.client.MetricFamily, proto/io/prometheus/client/metrics.proto,
 * written as it is walked: building protobuf-c's structs for each sample of each device
 * first would cost several times as much.
 */
#include <string.h>

#include "../clock.h"
#include "format.h"
#include "histogram.h"

/* https://protobuf.dev/programming-guides/encoding/ */
enum wire_type { VARINT = 0, FIXED64 = 1, LEN = 2 };

#define VARINT_MAX 10

static void add_varint(struct strbuf *sb, uint64_t value)
{
	while (value >= 0x80) {
		strbuf_addc(sb, (char)(value | 0x80));
		value >>= 7;
	}
	strbuf_addc(sb, (char)value);
}

static void add_tag(struct strbuf *sb, unsigned int field, enum wire_type type)
{
	add_varint(sb, field << 3 | type);
}

static void add_uint(struct strbuf *sb, unsigned int field, uint64_t value)
{
	add_tag(sb, field, VARINT);
	add_varint(sb, value);
}

static uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static void add_sint(struct strbuf *sb, unsigned int field, int64_t value)
{
	add_uint(sb, field, zigzag(value));
}

static void add_double(struct strbuf *sb, unsigned int field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	add_tag(sb, field, FIXED64);
	for (int i = 0; i < 8; i++, bits >>= 8)
		strbuf_addc(sb, (char)bits);
}

static void add_string(struct strbuf *sb, unsigned int field, const char *s, size_t len)
{
	add_tag(sb, field, LEN);
	add_varint(sb, len);
	strbuf_add(sb, s, len);
}

/* Room for the length of what follows, which mostly fits in one byte. */
static size_t begin_length(struct strbuf *sb)
{
	strbuf_addc(sb, 0);
	return sb->len;
}

static void end_length(struct strbuf *sb, size_t at)
{
	size_t len = sb->len - at, more = 0;
	char *to;

	while (len >> 7 * (more + 1))
		more++;
	if (sb->failed || !strbuf_reserve(sb, more))
		return;
	to = sb->s + at - 1;
	if (more)
		memmove(to + 1 + more, to + 1, len);
	sb->len += more;
	sb->s[sb->len] = '\0';
	for (size_t i = 0; i < more; i++, len >>= 7)
		*to++ = (char)(len | 0x80);
	*to = (char)len;
}

static size_t begin_message(struct strbuf *sb, unsigned int field)
{
	add_tag(sb, field, LEN);
	return begin_length(sb);
}

static double in_base_unit(enum unit unit, uint64_t value)
{
	return unit == UNIT_NANOSECONDS ? (double)value / (double)NSEC_PER_SEC : (double)value;
}

/* google.protobuf.Timestamp */
static void add_timestamp(struct strbuf *sb, unsigned int field, uint64_t real_ns)
{
	size_t at = begin_message(sb, field);

	add_uint(sb, 1, real_ns / NSEC_PER_SEC);
	add_uint(sb, 2, real_ns % NSEC_PER_SEC);
	end_length(sb, at);
}

static void add_label(struct strbuf *sb, const char *name, const char *value)
{
	size_t at = begin_message(sb, 1);

	add_string(sb, 1, name, strlen(name));
	add_string(sb, 2, value, strlen(value));
	end_length(sb, at);
}

static void add_exemplar(struct strbuf *sb, unsigned int field, enum unit unit,
			 const struct exemplar *exemplar)
{
	size_t at = begin_message(sb, field);
	char cursor[CURSOR_LEN];

	cursor_format(&exemplar->cursor, cursor);
	add_label(sb, "cursor", cursor);
	add_double(sb, 2, in_base_unit(unit, exemplar->value));
	add_timestamp(sb, 3, exemplar->real_ns);
	end_length(sb, at);
}

static void begin_family(struct expo *e)
{
	/* The numbers of enum MetricType */
	static const unsigned char types[] = {
		[METRIC_COUNTER] = 0,
		[METRIC_GAUGE] = 1,
		[METRIC_HISTOGRAM] = 4,
	};

	e->family_at = begin_length(&e->body);
	add_string(&e->body, 1, e->family->name, e->name_len);
	add_string(&e->body, 2, e->family->help, strlen(e->family->help));
	add_uint(&e->body, 3, types[e->family->type]);
}

static size_t begin_metric(struct expo *e, const struct label *labels)
{
	size_t at = begin_message(&e->body, 4);

	for (; labels && labels->name; labels++)
		add_label(&e->body, labels->name, labels->value);
	return at;
}

static void sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		   const struct exemplar *exemplar)
{
	const bool counter = e->family->type == METRIC_COUNTER;
	size_t metric = begin_metric(e, labels);
	size_t at = begin_message(&e->body, counter ? 3 : 2);

	add_double(&e->body, 1, in_base_unit(unit, value));
	if (counter && exemplar)
		add_exemplar(&e->body, 2, UNIT_WHOLE, exemplar);
	if (counter && e->created_ns)
		add_timestamp(&e->body, 3, e->created_ns);
	end_length(&e->body, at);
	end_length(&e->body, metric);
}

static void add_bucket(struct strbuf *sb, const struct histogram *h, size_t i, uint64_t cumulative)
{
	size_t at = begin_message(sb, 3);

	add_uint(sb, 1, cumulative);
	if (i < h->num_bounds)
		add_double(sb, 2, in_base_unit(UNIT_NANOSECONDS, h->bounds_ns[i]));
	else
		add_double(sb, 2, __builtin_inf());
	if (h->exemplars[i].cursor.instance)
		add_exemplar(sb, 3, UNIT_NANOSECONDS, &h->exemplars[i]);
	end_length(sb, at);
}

/* The next run of buckets that are not empty; a short gap is cheaper than a new run. */
static bool next_span(const uint64_t *native, size_t from, size_t *first, size_t *end)
{
	while (from < NATIVE_BUCKETS && !native[from])
		from++;
	*first = from;
	for (size_t i = from; i < NATIVE_BUCKETS && i - from <= 2; i++)
		if (native[i])
			from = *end = i + 1;
	return *first < NATIVE_BUCKETS;
}

/* Spans and the difference of each bucket to the one before. */
static void add_native(struct strbuf *sb, const struct histogram *h)
{
	int64_t last = 0, end_index = 0;
	size_t first, end = 0;

	add_sint(sb, 5, NATIVE_SCHEMA);
	add_double(sb, 6, in_base_unit(UNIT_NANOSECONDS, NATIVE_ZERO_NS));
	add_uint(sb, 7, h->zero);
	for (size_t from = 0; next_span(h->native, from, &first, &end); from = end) {
		size_t at = begin_message(sb, 12);

		add_sint(sb, 1, NATIVE_FIRST + (int64_t)first - end_index);
		add_uint(sb, 2, end - first);
		end_length(sb, at);
		end_index = NATIVE_FIRST + (int64_t)end;
	}
	for (size_t from = 0; next_span(h->native, from, &first, &end); from = end) {
		for (size_t i = first; i < end; i++) {
			add_sint(sb, 13, (int64_t)h->native[i] - last);
			last = (int64_t)h->native[i];
		}
	}
}

static void histogram(struct expo *e, const struct label *labels, const struct histogram *h)
{
	size_t metric = begin_metric(e, labels), at = begin_message(&e->body, 7);
	uint64_t cumulative = 0;

	add_uint(&e->body, 1, h->count);
	add_double(&e->body, 2, in_base_unit(UNIT_NANOSECONDS, h->sum_ns));
	for (size_t i = 0; i <= h->num_bounds; i++) {
		cumulative += h->buckets[i];
		add_bucket(&e->body, h, i, cumulative);
	}
	add_native(&e->body, h);
	if (e->created_ns)
		add_timestamp(&e->body, 15, e->created_ns);
	end_length(&e->body, at);
	end_length(&e->body, metric);
}

static void end_family(struct expo *e)
{
	end_length(&e->body, e->family_at);
}

const struct expo_format expo_protobuf = {
	.content_type = "application/vnd.google.protobuf; "
			"proto=io.prometheus.client.MetricFamily; encoding=delimited",
	.begin_family = begin_family,
	.sample = sample,
	.histogram = histogram,
	.end_family = end_family,
};
