// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sequence numbers, history and totals.  An event leaves its queue and becomes
 * published under one lock.  A reader therefore never sees the event in both places
 * or in neither, and the law of conservation holds in every reply.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "event.h"
#include "log.h"
#include "queue.h"
#include "slot.h"

/* The number of slots, of a kilobyte each, that are read before other tasks may run. */
#define SLOTS_AT_ONCE	256

static struct {
	spinlock_t lock;	/* protects all below, and the consumer side of the queues */
	u64 head;
	u64 published;
	u64 summaries;
	u64 by_kind[FAULTCAST_KIND_MAX + 1];
	struct faultcast_event *history;
	unsigned int history_len;
} state;

static u64 tail_locked(void)
{
	if (!state.head)
		return 0;
	return state.head > state.history_len ? state.head - state.history_len + 1 : 1;
}

u64 faultcast_log_mono(u64 boot_ns)
{
	return boot_ns - ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

u64 faultcast_log_real(u64 boot_ns)
{
	return ktime_to_ns(ktime_mono_to_real(ns_to_ktime(faultcast_log_mono(boot_ns))));
}

/* Gives @ev a sequence number and a place in the history.  The lock must be held. */
static void record_locked(struct faultcast_event *ev)
{
	/* A synthetic event reports nothing, so it does not delay a summary. */
	if (!(ev->flags & FAULTCAST_EVENT_F_SYNTHETIC))
		faultcast_slot_at(ev->slot)->published_mono = ev->mono_ns;
	ev->seq = ++state.head;
	state.history[ev->seq % state.history_len] = *ev;
}

void faultcast_log_publish(struct faultcast_event *ev, int cpu)
{
	spin_lock(&state.lock);
	faultcast_queue_skip(cpu);
	record_locked(ev);
	state.published++;
	if (!(ev->flags & FAULTCAST_EVENT_F_SYNTHETIC))
		state.by_kind[ev->kind]++;
	atomic64_inc(&faultcast_slot_at(ev->slot)->published);
	spin_unlock(&state.lock);
}

void faultcast_log_publish_summary(struct faultcast_event *ev)
{
	spin_lock(&state.lock);
	record_locked(ev);
	state.summaries++;
	spin_unlock(&state.lock);
}

int faultcast_log_init(unsigned int history)
{
	spin_lock_init(&state.lock);
	state.history_len = history;
	state.history = kvcalloc(history, sizeof(*state.history), GFP_KERNEL);
	return state.history ? 0 : -ENOMEM;
}

void faultcast_log_exit(void)
{
	kvfree(state.history);
}

/*
 * The order of the reads matters.  A fault is counted as raised first, then as lost,
 * suppressed or queued, and a queued event becomes published.  Raised is read last,
 * so it is never less than the sum of the others.
 */
void faultcast_log_totals(struct faultcast_totals *t)
{
	unsigned int i, n = faultcast_slot_num();

	memset(t, 0, sizeof(*t));
	for (i = 0; i < n; i++) {
		if (!(i % SLOTS_AT_ONCE))
			cond_resched();
		t->lost += atomic64_read(&faultcast_slot_at(i)->lost);
		t->suppressed += atomic64_read(&faultcast_slot_at(i)->suppressed);
	}
	spin_lock(&state.lock);
	t->published = state.published;
	t->summaries = state.summaries;
	t->head = state.head;
	t->tail = tail_locked();
	memcpy(t->by_kind, state.by_kind, sizeof(t->by_kind));
	t->queued = faultcast_queue_len();
	spin_unlock(&state.lock);
	smp_rmb();	/* pairs with the full barrier of the counting atomics */
	for (i = 0; i < n; i++) {
		if (!(i % SLOTS_AT_ONCE))
			cond_resched();
		t->raised += faultcast_slot_raised(faultcast_slot_at(i));
	}
}

void faultcast_log_bounds(u64 *tail, u64 *head)
{
	spin_lock(&state.lock);
	*tail = tail_locked();
	*head = state.head;
	spin_unlock(&state.lock);
}

u64 faultcast_log_read(u64 seq, struct faultcast_event *ev)
{
	spin_lock(&state.lock);
	seq = max(seq, tail_locked());
	*ev = state.history[seq % state.history_len];
	spin_unlock(&state.lock);
	return seq;
}
