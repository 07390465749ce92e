// SPDX-License-Identifier: GPL-2.0-or-later
#include "pace.h"

#include "base/clock.h"

void pace_start(struct pace *pace, uint64_t events, uint64_t rate)
{
	*pace = (struct pace){ .left = events, .rate = rate, .start_ns = clock_mono_ns() };
}

uint64_t pace_take(struct pace *pace, uint64_t max)
{
	uint64_t n = max < pace->left ? max : pace->left;

	if (pace->rate) {
		double passed = (double)(clock_mono_ns() - pace->start_ns) / (double)NSEC_PER_SEC;
		uint64_t due = (uint64_t)(passed * (double)pace->rate) + 1 - pace->done;

		if (due < n)
			n = due;
	}
	pace->done += n;
	if (pace->left != PACE_ENDLESS)
		pace->left -= n;
	return n;
}

uint64_t pace_wait_ns(const struct pace *pace)
{
	uint64_t due, now = clock_mono_ns();

	if (!pace->left)
		return UINT64_MAX;
	if (!pace->rate)
		return 0;
	due = pace->start_ns +
	      (uint64_t)((double)pace->done / (double)pace->rate * (double)NSEC_PER_SEC);
	return due > now ? due - now : 0;
}
