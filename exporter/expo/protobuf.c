// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delimited io.prometheus.client.MetricFamily, proto/io/prometheus/client/metrics.proto.  The bytes
 * are written directly: to build protobuf-c's structs for each sample of each device first would
 * cost several times as much.
 */
#include <string.h>

#include "base/clock.h"
#include "format.h"
#include "histogram.h"
#include "model/cursor.h"

/* https://protobuf.dev/programming-guides/encoding/ */
enum wire_type { VARINT = 0, FIXED64 = 1, LEN = 2 };

#define VARINT_MAX 10
/* The most bytes of a sample with exemplar and creation time, and of a histogram, without labels.
 */
#define SAMPLE_ROOM 256
#define HISTOGRAM_ROOM ((HISTOGRAM_BOUNDS_MAX + 2) * SAMPLE_ROOM + NATIVE_BUCKETS * 4 * VARINT_MAX)

static char *put_varint(char *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (char)value;
	return at;
}

/* One byte is enough for the numbers of the fields in use. */
static char *put_tag(char *at, unsigned int field, enum wire_type type)
{
	*at++ = (char)(field << 3 | type);
	return at;
}

static char *put_uint(char *at, unsigned int field, uint64_t value)
{
	return put_varint(put_tag(at, field, VARINT), value);
}

/* Zigzag encoding: negative numbers near zero are short too. */
static char *put_sint(char *at, unsigned int field, int64_t value)
{
	return put_uint(at, field, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static char *put_double(char *at, unsigned int field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	at = put_tag(at, field, FIXED64);
	for (int i = 0; i < 8; i++, bits >>= 8)
		*at++ = (char)bits;
	return at;
}

/*
 * Reserves one byte for the message's length.  If the length needs more bytes, end_message() moves
 * the content of the message.
 */
static char *begin_message(char *at, unsigned int field)
{
	return put_tag(at, field, LEN) + 1;
}

static char *end_message(char *begin, char *at)
{
	size_t len = (size_t)(at - begin), more = 0;

	while (len >> 7 * (more + 1))
		more++;
	if (more)
		memmove(begin + more, begin, len);
	put_varint(begin - 1, len);
	return at + more;
}

static char *put_string(char *at, unsigned int field, const char *s)
{
	char *begin = begin_message(at, field);

	return end_message(begin, stpcpy(begin, s));
}

static double in_base_unit(enum unit unit, uint64_t value)
{
	return unit == UNIT_NANOSECONDS ? (double)value / (double)NSEC_PER_SEC : (double)value;
}

/* google.protobuf.Timestamp */
static char *put_timestamp(char *at, unsigned int field, uint64_t real_ns)
{
	char *begin = begin_message(at, field);

	at = put_uint(begin, 1, real_ns / NSEC_PER_SEC);
	at = put_uint(at, 2, real_ns % NSEC_PER_SEC);
	return end_message(begin, at);
}

static char *put_label(char *at, const char *name, const char *value)
{
	char *begin = begin_message(at, 1);

	at = put_string(begin, 1, name);
	at = put_string(at, 2, value);
	return end_message(begin, at);
}

static char *put_exemplar(char *at, unsigned int field, enum unit unit,
			  const struct exemplar *exemplar)
{
	char *begin = begin_message(at, field);
	char cursor[CURSOR_LEN];

	cursor_format(&exemplar->cursor, cursor);
	at = put_label(begin, "cursor", cursor);
	at = put_double(at, 2, in_base_unit(unit, exemplar->value));
	at = put_timestamp(at, 3, exemplar->real_ns);
	return end_message(begin, at);
}

/* Returns where to write, or NULL if memory is short. */
static char *begin_writing(struct expo *e, size_t room)
{
	return strbuf_reserve(&e->body, room) ? e->body.s + e->body.len : NULL;
}

static void end_writing(struct expo *e, char *at)
{
	*at = '\0';
	e->body.len = (size_t)(at - e->body.s);
}

/* The family begins with its length, which end_family() writes. */
static void begin_family(struct expo *e)
{
	/* The numbers of enum MetricType */
	static const unsigned char types[] = {
		[METRIC_COUNTER] = 0,
		[METRIC_GAUGE] = 1,
		[METRIC_HISTOGRAM] = 4,
	};
	char *at = begin_writing(e, e->name_len + strlen(e->family->help) + 4 * VARINT_MAX);

	if (!at)
		return;
	at++;
	e->family_at = (size_t)(at - e->body.s);
	at = put_string(at, 1, e->family->name);
	at = put_string(at, 2, e->family->help);
	end_writing(e, put_uint(at, 3, types[e->family->type]));
}

static void end_family(struct expo *e)
{
	char *at = begin_writing(e, VARINT_MAX);

	if (at)
		end_writing(e, end_message(e->body.s + e->family_at, at));
}

static size_t labels_room(const struct label *labels)
{
	size_t room = 0;

	for (; labels && labels->name; labels++)
		room += strlen(labels->name) + strlen(labels->value) + 4 * VARINT_MAX;
	return room;
}

static char *put_labels(char *at, const struct label *labels)
{
	for (; labels && labels->name; labels++)
		at = put_label(at, labels->name, labels->value);
	return at;
}

static void sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		   const struct exemplar *exemplar)
{
	const bool counter = e->family->type == METRIC_COUNTER;
	char *at = begin_writing(e, labels_room(labels) + SAMPLE_ROOM), *metric, *begin;

	if (!at)
		return;
	metric = begin_message(at, 4);
	begin = begin_message(put_labels(metric, labels), counter ? 3 : 2);
	at = put_double(begin, 1, in_base_unit(unit, value));
	if (counter && exemplar)
		at = put_exemplar(at, 2, UNIT_WHOLE, exemplar);
	if (counter && e->created_ns)
		at = put_timestamp(at, 3, e->created_ns);
	end_writing(e, end_message(metric, end_message(begin, at)));
}

static char *put_bucket(char *at, const struct histogram *h, size_t i, uint64_t cumulative)
{
	char *begin = begin_message(at, 3);

	at = put_uint(begin, 1, cumulative);
	at = put_double(at, 2,
			i < h->num_bounds ? in_base_unit(UNIT_NANOSECONDS, h->bounds_ns[i])
					  : __builtin_inf());
	if (h->exemplars[i].cursor.instance)
		at = put_exemplar(at, 3, UNIT_NANOSECONDS, &h->exemplars[i]);
	return end_message(begin, at);
}

/*
 * Finds the next span of buckets that are not empty.  A span may contain up to two empty buckets in
 * a row, because these take less room than a new span.
 */
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

/* Writes the spans, then each bucket as its difference to the bucket before. */
static char *put_native(char *at, const struct histogram *h)
{
	int64_t last = 0, end_index = 0;
	size_t first, end = 0;

	at = put_sint(at, 5, NATIVE_SCHEMA);
	at = put_double(at, 6, in_base_unit(UNIT_NANOSECONDS, NATIVE_ZERO_NS));
	at = put_uint(at, 7, h->zero);
	for (size_t from = 0; next_span(h->native, from, &first, &end); from = end) {
		char *begin = begin_message(at, 12);

		at = put_sint(begin, 1, NATIVE_FIRST + (int64_t)first - end_index);
		at = end_message(begin, put_uint(at, 2, end - first));
		end_index = NATIVE_FIRST + (int64_t)end;
	}
	for (size_t from = 0; next_span(h->native, from, &first, &end); from = end) {
		for (size_t i = first; i < end; i++) {
			at = put_sint(at, 13, (int64_t)h->native[i] - last);
			last = (int64_t)h->native[i];
		}
	}
	return at;
}

static void histogram(struct expo *e, const struct label *labels, const struct histogram *h)
{
	char *at = begin_writing(e, labels_room(labels) + HISTOGRAM_ROOM), *metric, *begin;
	uint64_t cumulative = 0;

	if (!at)
		return;
	metric = begin_message(at, 4);
	begin = begin_message(put_labels(metric, labels), 7);
	at = put_uint(begin, 1, h->count);
	at = put_double(at, 2, in_base_unit(UNIT_NANOSECONDS, h->sum_ns));
	for (size_t i = 0; i <= h->num_bounds; i++) {
		cumulative += h->buckets[i];
		at = put_bucket(at, h, i, cumulative);
	}
	at = put_native(at, h);
	if (e->created_ns)
		at = put_timestamp(at, 15, e->created_ns);
	end_writing(e, end_message(metric, end_message(begin, at)));
}

const struct expo_format expo_protobuf = {
	.content_type = EXPO_PROTOBUF_TYPE,
	.begin_family = begin_family,
	.sample = sample,
	.histogram = histogram,
	.end_family = end_family,
};
