/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A histogram of times, with the buckets one chose and with Prometheus's native ones,
 * https://prometheus.io/docs/specs/native_histograms/: bucket i holds what is over
 * 2^((i-1)/8) and at most 2^(i/8) seconds.  Pure.
 */
#ifndef FAULTCAST_EXPO_HISTOGRAM_H
#define FAULTCAST_EXPO_HISTOGRAM_H

#include <stddef.h>

#include "expo.h"
#include "model/cursor.h"

#define HISTOGRAM_BOUNDS_MAX 16

/* Resolution: 2^3 buckets for each power of two, so a quantile is off by 9 % at most. */
#define NATIVE_SCHEMA 3
/* From 1 ns, and whatever is less is 0, to 2^17 s, above a day. */
#define NATIVE_ZERO_NS 1
#define NATIVE_FIRST (-29 * 8 + 1)
#define NATIVE_LAST (17 * 8)
#define NATIVE_BUCKETS (NATIVE_LAST - NATIVE_FIRST + 1)

struct histogram {
	const uint64_t *bounds_ns; /* inclusive, rising, not more than the maximum; then +Inf */
	size_t num_bounds;
	uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* each for itself, not cumulative */
	struct exemplar exemplars[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t count;
	uint64_t sum_ns;
	uint64_t zero;
	uint64_t native[NATIVE_BUCKETS];
};

/* Adds one time, that of @cursor's event, which happened at @real_ns. */
void histogram_observe(struct histogram *h, uint64_t ns, const struct cursor *cursor,
		       uint64_t real_ns);

#define BOUND_TEXT_LEN 32

/*
 * The value of label le: "0.0001", "1.0", "+Inf".  The same in all formats, or a series
 * would be another one when the format changes.
 */
void histogram_bound_text(const struct histogram *h, size_t bucket, char out[BOUND_TEXT_LEN]);

#endif
