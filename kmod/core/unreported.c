// SPDX-License-Identifier: GPL-2.0-only
/* Counts the faults that no event has reported yet, and decides when a summary reports them. */
#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "event.h"
#include "queue.h"
#include "slot.h"
#include "unreported.h"

/* A slot with unreported faults gets a summary when it has had no event for this time. */
#define SUMMARY_AFTER_NS	NSEC_PER_SEC

/* The number of slots, of a kilobyte each, that are read before other tasks may run. */
#define SLOTS_AT_ONCE	256

static atomic_t summary_wanted;

void faultcast_unreported_take(struct faultcast_slot *slot, struct faultcast_event *ev)
{
	if (atomic64_read(&slot->unreported_suppressed))
		ev->suppressed_before = atomic64_xchg(&slot->unreported_suppressed, 0);
	if (atomic64_read(&slot->unreported_lost))
		ev->lost_before = atomic64_xchg(&slot->unreported_lost, 0);
}

static void want_summary(void)
{
	/* Orders the counts before the flag: pairs with faultcast_unreported_collect(). */
	smp_mb__after_atomic();
	if (!atomic_read(&summary_wanted) && !atomic_xchg(&summary_wanted, 1))
		faultcast_queue_kick();
}

void faultcast_unreported_add(struct faultcast_slot *slot, u64 suppressed, u64 lost)
{
	if (!suppressed && !lost)
		return;
	if (suppressed)
		atomic64_add(suppressed, &slot->unreported_suppressed);
	if (lost)
		atomic64_add(lost, &slot->unreported_lost);
	want_summary();
}

bool faultcast_unreported_wanted(void)
{
	return atomic_read(&summary_wanted);
}

static void summarize(u32 index, u64 now, void (*publish)(struct faultcast_event *ev))
{
	struct faultcast_slot *slot = faultcast_slot_at(index);
	struct faultcast_event ev = {
		.slot = index,
		.kind = FAULTCAST_KIND_SUPPRESSED,
		.generation = READ_ONCE(slot->generation),
		.mono_ns = now,
		.real_ns = ktime_get_real_ns(),
	};

	faultcast_unreported_take(slot, &ev);
	/* A regular event may have reported the faults since they were seen. */
	if (ev.suppressed_before || ev.lost_before)
		publish(&ev);
}

bool faultcast_unreported_collect(void (*publish)(struct faultcast_event *ev))
{
	u32 i, n = faultcast_slot_num();
	u64 now = ktime_get_ns();
	bool again = false;

	/* A full barrier: a fault that becomes unreported from here on sets the flag again. */
	atomic_xchg(&summary_wanted, 0);
	for (i = 0; i < n; i++) {
		struct faultcast_slot *slot = faultcast_slot_at(i);

		if (!(i % SLOTS_AT_ONCE))
			cond_resched();
		if (!atomic64_read(&slot->unreported_suppressed) &&
		    !atomic64_read(&slot->unreported_lost))
			continue;
		faultcast_slot_wait(i);
		if (slot->published_mono + SUMMARY_AFTER_NS <= now)
			summarize(i, now, publish);
		else
			again = true;
	}
	return again;
}
