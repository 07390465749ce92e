/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observes a ring in memory that hardware fills and a driver empties, with a cursor
 * of its own.  No register access and no lock: the caller reads the registers, and
 * calls these functions for one ring one at a time, in any context.
 *
 * The caller looks in a hook that runs before the driver takes a record.  Therefore
 * the cursor is never behind the driver, and no record can be overwritten before it
 * is read.  A caller whose hook runs less often uses faultcast_ring_look_late().
 */
#ifndef FAULTCAST_PROBE_RING_H
#define FAULTCAST_PROBE_RING_H

#include <linux/types.h>

/* The maximum number of records in a look, which bounds the time of a hook. */
#define FAULTCAST_RING_LOOK	64

struct faultcast_ring {
	/* The caller sets these, and all else to zero. */
	u32 entries;	/* a power of two */
	u32 step;	/* the registers count in this unit: 1, or the bytes of a record */
	bool wraps;	/* the registers have a wrap bit above the index */

	u64 lost;	/* records that were overwritten before a look */
	u64 resumed;	/* how often the cursor was not between driver and hardware */

	/* Private. */
	u32 cursor;	/* next record to take, with the wrap bit if there is one */
	u32 skip;	/* calls that need no look */
	bool placed;	/* the cursor is valid */
};

/*
 * For a hook that runs once for each record that the driver takes: returns whether this
 * call needs a look.  After a look that found n records, the next n-1 calls need none.
 */
bool faultcast_ring_due(struct faultcast_ring *ring);

/*
 * @cons is the register of the driver (HEAD, CONS), @prod that of the hardware (TAIL,
 * PROD), as they are; bits outside of index and wrap bit are ignored.  Returns how many
 * records to take now, at most FAULTCAST_RING_LOOK; when the driver has taken these,
 * another look finds more.
 *
 * Driver <= cursor <= hardware must hold, modulo the ring.  Otherwise the ring has begun
 * anew, for example after a suspend: the cursor is set to the driver's place, and
 * @resumed grows.  The first look does the same without counting.
 */
u32 faultcast_ring_look(struct faultcast_ring *ring, u32 cons, u32 prod);

/*
 * The same for a caller that may be behind the driver, to be called until it returns 0.
 * If more records have come than the ring holds, the oldest are overwritten: @lost
 * counts them.  This needs a wrap bit.  Twice the ring or more between two looks is not
 * noticed.
 */
u32 faultcast_ring_look_late(struct faultcast_ring *ring, u32 cons, u32 prod);

/* The index of the next record, below @entries.  Call as often as a look has returned. */
u32 faultcast_ring_take(struct faultcast_ring *ring);

#endif /* FAULTCAST_PROBE_RING_H */
