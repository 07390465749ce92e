/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The published events: their sequence numbers, the history and the totals.
 *
 * The law of conservation: raised = published + suppressed + lost + queued.
 */
#ifndef FAULTCAST_CORE_LOG_H
#define FAULTCAST_CORE_LOG_H

#include <linux/types.h>

#include "uapi/faultcast.h"

struct faultcast_event;

struct faultcast_totals {
	u64 raised;
	u64 published;
	u64 suppressed;
	u64 lost;
	u64 queued;
	u64 summaries;
	u64 head;		/* newest sequence number; 0: none */
	u64 tail;		/* oldest retained sequence number; 0: none */
	u64 by_kind[FAULTCAST_KIND_MAX + 1];	/* published events, without synthetic events */
};

/* Makes a history of @history events.  Returns 0 or -ENOMEM. */
int faultcast_log_init(unsigned int history);

/* Frees the history.  The worker must have ended. */
void faultcast_log_exit(void);

/*
 * Publishes @ev, the oldest event in the queue of @cpu: removes the event from the
 * queue, gives it a sequence number and retains it, all under one lock.  Only the
 * worker.
 */
void faultcast_log_publish(struct faultcast_event *ev, int cpu);

/*
 * Publishes a summary of unreported faults, which comes from no queue.  Summaries
 * have a counter of their own, because the faults that they report are already
 * counted as suppressed or lost.
 */
void faultcast_log_publish_summary(struct faultcast_event *ev);

/*
 * Reads all totals, so that raised >= published + suppressed + lost + queued, with
 * equality whenever no fault is being raised.  Process context.
 */
void faultcast_log_totals(struct faultcast_totals *totals);

/* The oldest retained and the newest sequence number; 0: none.  Process context. */
void faultcast_log_bounds(u64 *tail, u64 *head);

/*
 * Copies event @seq, or the oldest retained event after it, and returns the copied
 * event's sequence number.  If the number is larger than @seq, the events from @seq
 * up to that number are no longer retained.  @seq must not be beyond head.  Process
 * context.
 */
u64 faultcast_log_read(u64 seq, struct faultcast_event *ev);

/*
 * Convert a time of CLOCK_BOOTTIME in ns to CLOCK_MONOTONIC or CLOCK_REALTIME, with
 * the present offsets between the clocks.  The same @boot_ns gives the same result
 * as long as no clock is set.
 */
u64 faultcast_log_mono(u64 boot_ns);
u64 faultcast_log_real(u64 boot_ns);

#endif /* FAULTCAST_CORE_LOG_H */
