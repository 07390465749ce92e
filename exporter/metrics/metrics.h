/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the metrics of all features, as a page in one of the formats of expo/expo.h.  Fault
 * counters are the kernel module's own: they are exact whatever happens to the exporter, and are
 * absent while the module is not loaded.  Only faultcast_synthetic_events_total counts test
 * events, except that a lost or suppressed test event counts as lost or suppressed.
 */
#ifndef FAULTCAST_METRICS_METRICS_H
#define FAULTCAST_METRICS_METRICS_H

#include <stddef.h>

#include "bus/feature.h"
#include "devices.h"
#include "expo/expo.h"

/*
 * Lists the rows of all @features, a list that ends with NULL; families appear on a page in this
 * order.  Must be called before metrics_step().  Returns 0 or -ENOMEM.
 */
int metrics_init(const struct feature *const *features);

/* Frees the list of rows. */
void metrics_fini(void);

/* The input of a page.  Nothing that it points to may change while the page is written. */
struct metrics_scrape {
	const struct snapshot *snapshot;
	struct metric_devices devices;
};

/* The progress of writing one page; all zero at first. */
struct metrics_walk {
	size_t row;
	size_t device; /* the next one of the row */
	bool begun;    /* the row's family has been written */
};

/* Calls metric_devices_build() with the configured limit.  Returns 0 or -ENOMEM. */
int metrics_list_devices(struct metric_devices *devices, const struct snapshot *snapshot);

/* Initialises @e to write in @format. */
void metrics_begin(struct expo *e, const struct expo_format *format);

/*
 * Writes a part of the page, which takes some tens of microseconds.  Returns false once the page
 * is complete.
 */
bool metrics_step(const struct metrics_scrape *scrape, struct metrics_walk *walk, struct expo *e);

#endif
