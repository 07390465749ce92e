// SPDX-License-Identifier: GPL-2.0-or-later
#include "histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/cursor.h"

/*
 * Rounding in log2() can only be wrong at the bound of a bucket, a power of 2^(1/8).  The only such
 * powers that are whole numbers of nanoseconds are powers of two, for which log2() is exact.
 */
static int native_index(uint64_t ns)
{
	int i = (int)ceil(log2((double)ns / (double)NSEC_PER_SEC) * (1 << NATIVE_SCHEMA));

	return i > NATIVE_LAST ? NATIVE_LAST : i;
}

void histogram_observe(struct histogram *h, uint64_t ns, const struct cursor *cursor,
		       uint64_t real_ns)
{
	size_t i = 0;

	while (i < h->num_bounds && ns > h->bounds_ns[i])
		i++;
	h->buckets[i]++;
	h->exemplars[i] = (struct exemplar){ *cursor, ns, real_ns };
	if (ns <= NATIVE_ZERO_NS)
		h->zero++;
	else
		h->native[native_index(ns) - NATIVE_FIRST]++;
	h->count++;
	h->sum_ns += ns;
}

void histogram_bound_text(const struct histogram *h, size_t bucket, char out[BOUND_TEXT_LEN])
{
	if (bucket == h->num_bounds) {
		strcpy(out, "+Inf");
		return;
	}
	snprintf(out, BOUND_TEXT_LEN - 2, "%g",
		 (double)h->bounds_ns[bucket] / (double)NSEC_PER_SEC);
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
}
