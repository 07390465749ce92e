/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics: what metric_table.c lists, filled from the kernel's counters at each scrape. */
#ifndef FAULTCAST_METRICS_METRICS_H
#define FAULTCAST_METRICS_METRICS_H

#include <stddef.h>

#include "bus/feature.h"
#include "devices.h"
#include "expo/expo.h"

extern const struct feature feature_metrics;

struct metrics_options {
	bool without_itself;  /* leave out process_* and what is only about this exporter */
	bool with_created;    /* _created samples in OpenMetrics */
	uint64_t max_devices; /* that have series */
};

void metrics_configure(const struct metrics_options *options);

/* What is written, for as long as it takes; nothing it points to may change meanwhile. */
struct metrics_scrape {
	const struct snapshot *snapshot;
	struct metric_devices devices;
};

/* How far one writing of it has come; all zero at first. */
struct metrics_walk {
	size_t row;
	size_t device;
	bool begun;
	bool watched;
};

/* metric_devices_build() with the limit that is configured. */
int metrics_list_devices(struct metric_devices *devices, const struct snapshot *snapshot);

/* Initializes @e to write in @format. */
void metrics_begin(struct expo *e, const struct expo_format *format);

/* Writes a little more, some tens of microseconds' worth; false: that was all. */
bool metrics_step(const struct metrics_scrape *scrape, struct metrics_walk *walk, struct expo *e);

#endif
