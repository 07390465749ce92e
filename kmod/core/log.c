// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker: takes events out of the queues, gives each a sequence number,
 * keeps it in the history and hands it to the wire.  And the law of
 * conservation, raised = published + suppressed + lost + queued: an event
 * leaves its queue and becomes published under one lock, so no reader can see
 * it in both places or in neither.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "event.h"

/* Records taken from one CPU before the next CPU has its turn. */
#define TURN	256

/* Slots, of a kilobyte each, looked at before others may run. */
#define SLOTS_AT_ONCE	256

static struct {
	spinlock_t lock;	/* all below, and the consumer side of the queues */
	u64 head;
	u64 published;
	u64 summaries;
	u64 by_kind[FAULTCAST_KIND_MAX + 1];
	struct faultcast_event *history;
	unsigned int history_len;
} state;

/* Faults suppressed or lost that no event has told of for so long get a summary. */
#define SUMMARY_AFTER_NS	NSEC_PER_SEC
#define SUMMARY_PERIOD		(HZ / 4)

/* Ordered: both work items use the worker's side of everything. */
static struct workqueue_struct *wq;
static struct work_struct work;
static struct delayed_work summary_work;
static atomic_t summary_wanted;
static bool draining;

static u64 tail_locked(void)
{
	if (!state.head)
		return 0;
	return state.head > state.history_len ? state.head - state.history_len + 1 : 1;
}

/* By the clocks' present offsets, so the same @boot_ns is the same while nobody sets a clock. */
u64 faultcast_publish_mono(u64 boot_ns)
{
	return boot_ns - ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

u64 faultcast_publish_real(u64 boot_ns)
{
	return ktime_to_ns(ktime_mono_to_real(ns_to_ktime(faultcast_publish_mono(boot_ns))));
}

/* A number and a place in the history; under the lock. */
static void record(struct faultcast_event *ev)
{
	/* A synthetic one tells nothing, so it puts no summary off. */
	if (!(ev->flags & FAULTCAST_EVENT_F_SYNTHETIC))
		faultcast_registry_slot(ev->slot)->published_mono = ev->mono_ns;
	ev->seq = ++state.head;
	state.history[ev->seq % state.history_len] = *ev;
}

static void publish(struct faultcast_event *ev, int cpu)
{
	spin_lock(&state.lock);
	faultcast_queue_skip(cpu);
	record(ev);
	state.published++;
	if (!(ev->flags & FAULTCAST_EVENT_F_SYNTHETIC))
		state.by_kind[ev->kind]++;
	atomic64_inc(&faultcast_registry_slot(ev->slot)->published);
	spin_unlock(&state.lock);
	faultcast_genl_notify(ev);
}

/* Outside the law: it tells of faults that are counted as suppressed or lost already. */
static void publish_summary(u32 index, u64 now)
{
	struct faultcast_slot *slot = faultcast_registry_slot(index);
	struct faultcast_event ev = {
		.slot = index,
		.kind = FAULTCAST_KIND_SUPPRESSED,
		.generation = READ_ONCE(slot->generation),
		.suppressed_before = atomic64_xchg(&slot->untold_suppressed, 0),
		.lost_before = atomic64_xchg(&slot->untold_lost, 0),
		.mono_ns = now,
		.real_ns = ktime_get_real_ns(),
	};

	if (!ev.suppressed_before && !ev.lost_before)
		return;	/* an event was faster */
	spin_lock(&state.lock);
	record(&ev);
	state.summaries++;
	spin_unlock(&state.lock);
	faultcast_genl_notify(&ev);
}

/*
 * Not while the queue is drained: it refuses what a timer brings then, and such
 * an item can never be cancelled (up to 7.0).
 */
static void want_summary(void)
{
	if (!READ_ONCE(draining))
		queue_delayed_work(wq, &summary_work, SUMMARY_PERIOD);
}

static void summarize(struct work_struct *unused)
{
	u32 i, n = faultcast_registry_size();
	u64 now = ktime_get_ns();
	bool again = false;

	/* A full barrier: a fault untold from here on asks anew. */
	atomic_xchg(&summary_wanted, 0);
	for (i = 0; i < n; i++) {
		struct faultcast_slot *slot = faultcast_registry_slot(i);

		if (!(i % SLOTS_AT_ONCE))
			cond_resched();
		if (!atomic64_read(&slot->untold_suppressed) && !atomic64_read(&slot->untold_lost))
			continue;
		faultcast_registry_wait(i);
		if (slot->published_mono + SUMMARY_AFTER_NS <= now)
			publish_summary(i, now);
		else
			again = true;
	}
	faultcast_genl_flush();
	if (again)
		want_summary();
}

/* For a slot that a probe claimed: outside the lock, it walks the bus. */
static void resolve_late(struct faultcast_event *ev)
{
	if (ev->generation)
		return;
	ev->generation = faultcast_identity_resolve(faultcast_registry_slot(ev->slot));
	if (ev->generation)
		ev->flags |= FAULTCAST_EVENT_F_IDENTITY_LATE;
}

static bool publish_turn(int cpu)
{
	struct faultcast_event ev;
	unsigned int n;

	faultcast_queue_rearm(cpu);
	for (n = 0; n < TURN && faultcast_queue_peek(cpu, &ev); n++) {
		faultcast_registry_wait(ev.slot);
		ev.mono_ns = faultcast_publish_mono(ev.boot_ns);
		ev.real_ns = faultcast_publish_real(ev.boot_ns);
		resolve_late(&ev);
		publish(&ev, cpu);
	}
	if (n)
		faultcast_genl_flush();
	return n == TURN;
}

static void run(struct work_struct *unused)
{
	bool more = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		more |= publish_turn(cpu);
		cond_resched();
	}
	if (atomic_read(&summary_wanted))
		want_summary();
	if (more)
		queue_work(wq, &work);
}

int faultcast_publish_init(unsigned int history)
{
	spin_lock_init(&state.lock);
	state.history_len = history;
	state.history = kvcalloc(history, sizeof(*state.history), GFP_KERNEL);
	if (!state.history)
		return -ENOMEM;
	INIT_WORK(&work, run);
	INIT_DELAYED_WORK(&summary_work, summarize);
	wq = alloc_ordered_workqueue("faultcast", WQ_HIGHPRI);
	if (!wq) {
		kvfree(state.history);
		return -ENOMEM;
	}
	return 0;
}

void faultcast_publish_exit(void)
{
	destroy_workqueue(wq);
	kvfree(state.history);
}

/* Hard interrupt context. */
void faultcast_publish_wake(void)
{
	queue_work(wq, &work);
}

/* Any context, NMI-like included: something has become untold. */
void faultcast_publish_untold(void)
{
	smp_mb__after_atomic();	/* untold before wanted: pairs with summarize() */
	if (!atomic_read(&summary_wanted) && !atomic_xchg(&summary_wanted, 1))
		faultcast_queue_kick();
}

/* Returns when the queues are empty; nobody may raise an event any more. */
void faultcast_publish_drain(void)
{
	WRITE_ONCE(draining, true);
	flush_work(&work);	/* a run that has not seen that */
	cancel_delayed_work_sync(&summary_work);
	drain_workqueue(wq);
}

/*
 * In this order: an event goes from raised to lost, suppressed or queued, and
 * from queued to published.  Reading raised last makes it the largest.
 */
void faultcast_publish_totals(struct faultcast_totals *t)
{
	unsigned int i, n = faultcast_registry_size();

	memset(t, 0, sizeof(*t));
	for (i = 0; i < n; i++) {
		if (!(i % SLOTS_AT_ONCE))
			cond_resched();
		t->lost += atomic64_read(&faultcast_registry_slot(i)->lost);
		t->suppressed += atomic64_read(&faultcast_registry_slot(i)->suppressed);
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
		t->raised += faultcast_registry_raised(faultcast_registry_slot(i));
	}
}

void faultcast_publish_bounds(u64 *tail, u64 *head)
{
	spin_lock(&state.lock);
	*tail = tail_locked();
	*head = state.head;
	spin_unlock(&state.lock);
}

/*
 * Copies event @seq, or the oldest retained one after it, and returns its
 * sequence number: larger than @seq means that what lies between is gone.
 * @seq must not be beyond head.
 */
u64 faultcast_publish_read(u64 seq, struct faultcast_event *ev)
{
	spin_lock(&state.lock);
	seq = max(seq, tail_locked());
	*ev = state.history[seq % state.history_len];
	spin_unlock(&state.lock);
	return seq;
}
