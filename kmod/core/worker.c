// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes events out of the queues, completes their times and identity, publishes them
 * in the log, and hands them to the sink.  The sink sends them to readers, so this
 * file does not depend on netlink.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "event.h"
#include "identity.h"
#include "log.h"
#include "queue.h"
#include "slot.h"
#include "unreported.h"
#include "worker.h"

/* Records taken from one CPU before the next CPU has its turn. */
#define TURN	256

#define SUMMARY_PERIOD	(HZ / 4)

/* The workqueue is ordered, because both work items use the consumer side of the queues. */
static struct workqueue_struct *wq;
static struct work_struct work;
static struct delayed_work summary_work;
static const struct faultcast_sink *sink;
static bool draining;

/*
 * Arms no timer while the workqueue is drained.  A workqueue that is drained refuses
 * the work when the timer expires, and up to 7.0 such a work item can never be
 * cancelled.
 */
static void want_summary(void)
{
	if (!READ_ONCE(draining))
		queue_delayed_work(wq, &summary_work, SUMMARY_PERIOD);
}

static void publish_summary(struct faultcast_event *ev)
{
	faultcast_log_publish_summary(ev);
	sink->notify(ev);
}

static void summarize(struct work_struct *unused)
{
	bool again = faultcast_unreported_collect(publish_summary);

	sink->flush();
	if (again)
		want_summary();
}

/*
 * Looks up the identity for a slot that a probe claimed.  Runs without the log's
 * lock, because the look-up walks the bus.
 */
static void resolve_late(struct faultcast_event *ev)
{
	if (ev->generation)
		return;
	ev->generation = faultcast_identity_resolve(faultcast_slot_at(ev->slot));
	if (ev->generation)
		ev->flags |= FAULTCAST_EVENT_F_IDENTITY_LATE;
}

static bool publish_turn(int cpu)
{
	struct faultcast_event ev;
	unsigned int n;

	faultcast_queue_rearm(cpu);
	for (n = 0; n < TURN && faultcast_queue_peek(cpu, &ev); n++) {
		faultcast_slot_wait(ev.slot);
		ev.mono_ns = faultcast_log_mono(ev.boot_ns);
		ev.real_ns = faultcast_log_real(ev.boot_ns);
		resolve_late(&ev);
		faultcast_log_publish(&ev, cpu);
		sink->notify(&ev);
	}
	if (n)
		sink->flush();
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
	if (faultcast_unreported_wanted())
		want_summary();
	if (more)
		queue_work(wq, &work);
}

int faultcast_worker_init(const struct faultcast_sink *to)
{
	sink = to;
	INIT_WORK(&work, run);
	INIT_DELAYED_WORK(&summary_work, summarize);
	wq = alloc_ordered_workqueue("faultcast", WQ_HIGHPRI);
	return wq ? 0 : -ENOMEM;
}

void faultcast_worker_exit(void)
{
	destroy_workqueue(wq);
}

void faultcast_worker_wake(void)
{
	queue_work(wq, &work);
}

void faultcast_worker_drain(void)
{
	WRITE_ONCE(draining, true);
	flush_work(&work);	/* a run that has not seen @draining */
	cancel_delayed_work_sync(&summary_work);
	drain_workqueue(wq);
}
