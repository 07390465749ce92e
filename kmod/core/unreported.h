/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that were suppressed or lost and that no event has mentioned yet.  The next
 * event of the device reports their numbers.  If the device has no event for a
 * second, a summary reports them.  Synthetic events do not report such faults, and
 * are not reported themselves.
 */
#ifndef FAULTCAST_CORE_UNREPORTED_H
#define FAULTCAST_CORE_UNREPORTED_H

#include <linux/types.h>

struct faultcast_event;
struct faultcast_slot;

/* Moves the unreported numbers of @slot into @ev.  Any context. */
void faultcast_unreported_take(struct faultcast_slot *slot, struct faultcast_event *ev);

/*
 * Adds faults that are counted as suppressed or lost already, and asks for a
 * summary.  The caller counts first, so that no event reports more faults than are
 * counted.  Any context.
 */
void faultcast_unreported_add(struct faultcast_slot *slot, u64 suppressed, u64 lost);

/* Returns whether a summary has been asked for since the last collection. */
bool faultcast_unreported_wanted(void);

/*
 * Calls @publish with a summary for each slot that has unreported faults and has
 * published no event for a second.  Process context, only the worker.  Returns
 * whether other slots have unreported faults.
 */
bool faultcast_unreported_collect(void (*publish)(struct faultcast_event *ev));

#endif /* FAULTCAST_CORE_UNREPORTED_H */
