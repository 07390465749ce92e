/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observes changes of physical slots on kernels before 7.0, which have no tracepoint
 * for them.
 */
#ifndef FAULTCAST_PROBE_PCIEHP_H
#define FAULTCAST_PROBE_PCIEHP_H

#include <linux/types.h>

struct faultcast_probe;

/*
 * Both are for the probe hotplug and do what attach() and detach() of struct
 * faultcast_probe do.  The probe is a lower bound.
 */
int pciehp_attach(struct faultcast_probe *probe);
void pciehp_detach(void);

/* The number of changes for which a hook did not run. */
u64 pciehp_nmissed(void);

/*
 * The steps of pciehp_handle_presence_or_link_change(ctrl, events), which turns a slot
 * off and on: the function begins; it knows whether the slot has a card; it knows
 * whether the link is active.  All are called by the same task, in any context.
 * @controller may be any value.
 */
void pciehp_begin(const void *controller, u32 events);
void pciehp_card(bool present);
void pciehp_link(bool active);

#endif /* FAULTCAST_PROBE_PCIEHP_H */
