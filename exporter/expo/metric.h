/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A metric is one row: its family, what the documentation says about it, and the function that
 * adds its samples.  A row stands in the file that implements its function; the feature to which
 * the file belongs lists the file's rows in `struct feature` (bus/feature.h).
 */
#ifndef FAULTCAST_EXPO_METRIC_H
#define FAULTCAST_EXPO_METRIC_H

#include "expo.h"

struct snapshot;      /* bus/snapshot.h */
struct metric_device; /* metrics/devices.h */

/* The program that a metric describes.  A counter of it starts at zero with that program. */
enum metric_origin {
	METRIC_KERNEL,	 /* the kernel module; no samples while the module is not loaded */
	METRIC_EXPORTER, /* the exporter */
	METRIC_PROCESS,	 /* the exporter's process; --web.disable-exporter-metrics omits these */
};

struct metric {
	struct metric_family family;
	const char *details; /* Markdown that docs/metrics.md adds to the HELP text; optional */
	enum metric_origin origin;
	const char *labels; /* names, separated by ", "; NULL: the samples have no labels */
	/*
	 * Exactly one of the two functions is set.  Both are called during a scrape, after the
	 * family was begun in @e, and add its samples to @e.  The second one is called once for
	 * each device; see @kind.
	 */
	void (*collect)(struct expo *e, const struct snapshot *s);
	void (*collect_device)(struct expo *e, const struct metric_device *device);
	/*
	 * The enum faultcast_kind whose faults the metric counts.  A device that has caused none of
	 * them has samples, with the value zero, only if they would be counted; see
	 * model/coverage.h.  0: a device always has samples.
	 */
	uint32_t kind;
};

/* Adds one sample without labels. */
void metric_add(struct expo *e, uint64_t value);

/* Adds one sample whose only label is @label="@label_value"; both strings are copied. */
void metric_add_for(struct expo *e, const char *label, const char *label_value, uint64_t value);

#endif
