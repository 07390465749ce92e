/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The newest event that each counter of each device has counted. */
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
	struct exemplar interrupt_remapping;
	struct exemplar dpc;
	struct exemplar recovery;
};

/*
 * Makes the event the newest one of the counters that count it.  @ev must not be a test event.  An
 * event of another instance of the module discards all earlier exemplars.  If memory is short, the
 * event is ignored.
 */
void exemplars_note(const struct fault_event *ev);

/*
 * The exemplars of a slot of this instance of the module, all empty if there are none; never NULL.
 * Valid until the next exemplars_note(), which may discard them.
 */
const struct device_exemplars *exemplars_of(uint64_t instance, uint32_t slot);

/* Discards all exemplars. */
void exemplars_fini(void);

#endif
