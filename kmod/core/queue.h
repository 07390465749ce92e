/* SPDX-License-Identifier: GPL-2.0-only */
/* One bounded queue per CPU.  Events are put in any context, and the worker takes them. */
#ifndef FAULTCAST_CORE_QUEUE_H
#define FAULTCAST_CORE_QUEUE_H

#include <linux/types.h>

struct faultcast_event;

/*
 * Makes a queue of @records (a power of two) on each possible CPU.  @wake is called
 * in hard interrupt context when a queue has work.  Returns 0 or -ENOMEM.
 */
int faultcast_queue_init(unsigned int records, void (*wake)(void));

/* Frees the queues, after faultcast_queue_sync(). */
void faultcast_queue_exit(void);

/*
 * Puts a copy of @ev into this CPU's queue.  Any context.  Returns 0, or -ENOSPC if
 * it is full.
 */
int faultcast_queue_put(const struct faultcast_event *ev);

/* Wakes the worker without putting an event.  Any context. */
void faultcast_queue_kick(void);

/*
 * The worker calls this before it looks at the queue of @cpu: any event that is put
 * from then on wakes the worker again.
 */
void faultcast_queue_rearm(int cpu);

/* Copies the oldest event of @cpu's queue; false if it is empty.  Only the worker. */
bool faultcast_queue_peek(int cpu, struct faultcast_event *ev);

/* Removes the event that faultcast_queue_peek() copied.  Only the worker. */
void faultcast_queue_skip(int cpu);

/* The number of queued events on all CPUs. */
u64 faultcast_queue_len(void);

/* Waits for pending wake-ups.  No event may be put any more. */
void faultcast_queue_sync(void);

#endif /* FAULTCAST_CORE_QUEUE_H */
