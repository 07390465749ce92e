/* SPDX-License-Identifier: GPL-2.0-only */
/* The one way by which a fault enters the module. */
#ifndef FAULTCAST_CORE_RAISE_H
#define FAULTCAST_CORE_RAISE_H

struct faultcast_event;

/*
 * Counts, stamps and queues @ev.  The caller has filled slot, kind and what it
 * knows of the rest.  Any context, NMI-like included.  0; -EBUSY if storm control
 * suppressed the event, -ENOSPC if it was lost.
 */
int faultcast_raise(struct faultcast_event *ev);

#endif /* FAULTCAST_CORE_RAISE_H */
