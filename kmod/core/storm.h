/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storm control: how many events a second one device, and all devices together, may
 * publish.  A suppressed fault is still counted as raised.
 *
 * The limit of all devices together does not hold back a device that has raised no
 * fault for 100 ms: the first fault of a card must not drown in another card's storm.
 * Two things bound the events that pass in this way.  Each device has at most ten a
 * second.  A quarter of a queue is kept for them, and further ones come at the rate of
 * all devices together.
 */
#ifndef FAULTCAST_CORE_STORM_H
#define FAULTCAST_CORE_STORM_H

#include <linux/types.h>

struct faultcast_slot;

/* Synthetic events have a bucket of their own, so that a test never displaces a real fault. */
enum faultcast_bucket {
	FAULTCAST_BUCKET_REAL,
	FAULTCAST_BUCKET_SYNTHETIC,
	FAULTCAST_BUCKETS
};

/* A limit as the user gave it, and the two times that follow from it. */
struct faultcast_limit {
	u32 rate;		/* events a second; 0: no limit */
	u32 burst;		/* events */
	u64 interval_ns;	/* least time between two events; 0: no limit */
	u64 tolerance_ns;	/* time by which an event may be early */
};

/*
 * Asks for permission to publish one event of @slot at @now (CLOCK_BOOTTIME, ns).
 * Any context.  Returns false if the event has to be suppressed.
 */
bool faultcast_storm_admit(struct faultcast_slot *slot, enum faultcast_bucket bucket, u64 now);

/* Takes back the permission of an event that found its queue full.  Any context. */
void faultcast_storm_refund(struct faultcast_slot *slot, enum faultcast_bucket bucket);

/*
 * The setters take @rate in events a second (0: no limit) and @burst in events.
 * The new limit holds from the next event on.  Process context; callers serialise.
 */

/* Sets the limit of every device that has no limit of its own. */
void faultcast_storm_set(u32 rate, u32 burst);

/*
 * Sets the limit of all devices together, whose burst is three quarters of @queue, the
 * number of events in the queue of a CPU.  The last quarter is for quiet devices, so
 * that admitted bursts fit in one queue.
 */
void faultcast_storm_set_host(u32 rate, u32 queue);

/* Gives one device a limit of its own. */
void faultcast_storm_set_device(struct faultcast_slot *slot, u32 rate, u32 burst);

/* Removes the device's own limit.  The common limit applies to the device again. */
void faultcast_storm_unset_device(struct faultcast_slot *slot);

/*
 * The limit of each device without a limit of its own, and the limit of all devices
 * together.  Never NULL.
 */
const struct faultcast_limit *faultcast_storm_limit(void);
const struct faultcast_limit *faultcast_storm_host_limit(void);

#endif /* FAULTCAST_CORE_STORM_H */
