/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last event of each counter of each device, by the kernel's slots. */
#ifndef FAULTCAST_METRICS_EXEMPLARS_H
#define FAULTCAST_METRICS_EXEMPLARS_H

#include "expo/expo.h"
#include "faultcast.h"
#include "model/event.h"

struct device_exemplars {
	struct exemplar io_page_faults[FAULTCAST_ACCESS_MAX + 1];
	struct exemplar aer[FAULTCAST_SEVERITY_MAX + 1];
	struct exemplar hotplug[FAULTCAST_HOTPLUG_MAX + 1];
	struct exemplar link;
};

/* Notes a real event.  Without memory for it there is no exemplar. */
void exemplars_note(const struct fault_event *ev);

/*
 * Those of a slot of this instance of the module; all empty if there are none, never NULL.  Not
 * to be kept: the next event may be another instance's, which has a slot for another device.
 */
const struct device_exemplars *exemplars_of(uint64_t instance, uint32_t slot);

void exemplars_fini(void);

#endif
