/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker publishes queued events and hands them to a sink. */
#ifndef FAULTCAST_CORE_WORKER_H
#define FAULTCAST_CORE_WORKER_H

struct faultcast_event;

/* Takes published events.  The worker is its only caller, in process context. */
struct faultcast_sink {
	/* One event, in the order of sequence numbers.  Must not wait for readers. */
	void (*notify)(const struct faultcast_event *ev);
	/* No more events are queued: the sink must send everything that it holds. */
	void (*flush)(void);
};

/*
 * Makes the worker, which hands events to @sink as soon as it is woken.  @sink must
 * stay valid.  Returns 0 or -ENOMEM.
 */
int faultcast_worker_init(const struct faultcast_sink *sink);

/* Ends the worker, after faultcast_worker_drain(). */
void faultcast_worker_exit(void);

/* Makes the worker look at the queues.  Hard interrupt context. */
void faultcast_worker_wake(void);

/* Waits until the queues are empty.  No event may be raised any more. */
void faultcast_worker_drain(void);

#endif /* FAULTCAST_CORE_WORKER_H */
