// SPDX-License-Identifier: GPL-2.0-only
/* Takes a fault from a probe to the queue: counts it, asks storm control, queues it. */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/ktime.h>

#include "event.h"
#include "queue.h"
#include "raise.h"
#include "slot.h"
#include "storm.h"
#include "unreported.h"

int faultcast_raise(struct faultcast_event *ev)
{
	struct faultcast_slot *slot = faultcast_slot_at(ev->slot);
	bool synthetic = ev->flags & FAULTCAST_EVENT_F_SYNTHETIC;
	enum faultcast_bucket bucket = synthetic ? FAULTCAST_BUCKET_SYNTHETIC :
						   FAULTCAST_BUCKET_REAL;
	int err;

	ev->boot_ns = ktime_get_boot_fast_ns();
	ev->generation = READ_ONCE(slot->generation);
	faultcast_slot_count(ev);
	smp_mb__after_atomic();	/* count raised before the outcome: see faultcast_log_totals() */
	if (!faultcast_storm_admit(slot, bucket, ev->boot_ns)) {
		atomic64_inc(&slot->suppressed);
		faultcast_unreported_add(slot, !synthetic, 0);
		return -EBUSY;
	}
	if (!synthetic)
		faultcast_unreported_take(slot, ev);
	err = faultcast_queue_put(ev);
	if (err) {
		faultcast_storm_refund(slot, bucket);
		atomic64_inc(&slot->lost);
		faultcast_unreported_add(slot, ev->suppressed_before,
					 ev->lost_before + !synthetic);
	}
	return err;
}
