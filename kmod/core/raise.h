/* SPDX-License-Identifier: GPL-2.0-only */
/* The function through which every fault enters the module. */
#ifndef FAULTCAST_CORE_RAISE_H
#define FAULTCAST_CORE_RAISE_H

struct faultcast_event;

/*
 * Counts @ev, sets its time, and queues it.  The caller has filled @slot, @kind and
 * the members that describe the fault.  Any context, NMI-like included.  Returns 0,
 * -EBUSY if storm control suppressed the event, or -ENOSPC if it was lost.
 */
int faultcast_raise(struct faultcast_event *ev);

#endif /* FAULTCAST_CORE_RAISE_H */
