/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the next events are due: a number of events at a rate. */
#ifndef FAULTCAST_STANDIN_PACE_H
#define FAULTCAST_STANDIN_PACE_H

#include <stdint.h>

#define PACE_ENDLESS UINT64_MAX

struct pace {
	uint64_t left; /* 0: nothing to do */
	uint64_t rate; /* events per second, 0: as fast as possible */
	uint64_t start_ns;
	uint64_t done;
};

void pace_start(struct pace *pace, uint64_t events, uint64_t rate);

/* How many events are due now, at most @max. They count as done. */
uint64_t pace_take(struct pace *pace, uint64_t max);

/* Nanoseconds until the next event is due, UINT64_MAX: never. */
uint64_t pace_wait_ns(const struct pace *pace);

#endif
