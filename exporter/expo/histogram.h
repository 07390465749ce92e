/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A histogram of times.  It has buckets with chosen bounds, and those of Prometheus's native
 * histograms, https://prometheus.io/docs/specs/native_histograms/: native bucket i holds the times
 * above 2^((i-1)/8) and up to 2^(i/8) seconds.  Pure.
 */
#ifndef FAULTCAST_EXPO_HISTOGRAM_H
#define FAULTCAST_EXPO_HISTOGRAM_H

#include <stddef.h>

#include "expo.h"
#include "model/cursor.h"

#define HISTOGRAM_BOUNDS_MAX 16

/* 2^3 buckets for each power of two: a quantile is wrong by 9 % at most. */
#define NATIVE_SCHEMA 3
/* Times up to 1 ns count as zero.  The last native bucket ends at 2^17 s, which is over a day. */
#define NATIVE_ZERO_NS 1
#define NATIVE_FIRST (-29 * 8 + 1)
#define NATIVE_LAST (17 * 8)
#define NATIVE_BUCKETS (NATIVE_LAST - NATIVE_FIRST + 1)

struct histogram {
	const uint64_t *bounds_ns; /* inclusive and ascending; +Inf follows the last one */
	size_t num_bounds;	   /* at most HISTOGRAM_BOUNDS_MAX */
	uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* not cumulative */
	struct exemplar exemplars[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t count;
	uint64_t sum_ns;
	uint64_t zero;
	uint64_t native[NATIVE_BUCKETS];
};

/* Adds the time @ns of the event at @cursor, which happened at the real time @real_ns. */
void histogram_observe(struct histogram *h, uint64_t ns, const struct cursor *cursor,
		       uint64_t real_ns);

#define BOUND_TEXT_LEN 32

/*
 * Writes the value of the label le to @out: "0.0001", "1.0", "+Inf".  All formats use this text,
 * so that a change of the format does not begin a new series.
 */
void histogram_bound_text(const struct histogram *h, size_t bucket, char out[BOUND_TEXT_LEN]);

#endif
