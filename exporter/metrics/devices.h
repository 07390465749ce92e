/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that have series, by address: those in the module's table and those
 * that sysfs has, each once, but for the ones that went long ago.
 */
#ifndef FAULTCAST_METRICS_DEVICES_H
#define FAULTCAST_METRICS_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/snapshot.h"
#include "exemplars.h"
#include "health/judge.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "pci/devices.h"

struct metric_device {
	const struct device_counts *counts; /* all zero: the kernel has none */
	const struct pci_device *pci;	    /* NULL: sysfs has and had no such device */
	uint64_t instance;		    /* of the module that @counts are of */
	enum health_state health;	    /* HEALTH_UNKNOWN: nobody judges */
	bool counted;			    /* the kernel has counters of it */
	char name[ADDRESS_LEN];		    /* label device */
};

/* All zero at first.  May be used again and again. */
struct metric_devices {
	struct metric_device *list;
	size_t count;
	size_t omitted; /* that would have been beyond the limit */
	/* For metric_devices_build() only. */
	uint32_t *order; /* of the snapshot's devices, by address */
	size_t ordered;
};

/*
 * Each device once.  It points into @s, which must stay as it is.  Of more than @max, those that
 * have raised a real fault come first, then those that are present, then the rest; by
 * address.  -ENOMEM: it is empty.
 */
int metric_devices_build(struct metric_devices *devices, const struct snapshot *s, size_t max);

/* Empties the list; what helps to build the next one stays. */
void metric_devices_release(struct metric_devices *devices);
void metric_devices_free(struct metric_devices *devices);

/*
 * Those of its counters; all empty if there are none, never NULL.  Not to be kept, exemplars_of().
 */
const struct device_exemplars *metric_device_exemplars(const struct metric_device *device);

/* The values of the labels of device_info; "" for what is not known. */
struct device_info {
	char serial[24];       /* "52-54-00-ff-ff-12-34-56" */
	const char *vendor_id; /* "0x8086" */
	const char *device_id;
	const char *numa_node;
	const char *slot;
	const char *driver;
	const char *vendor;
	const char *model;
	const char *root_port;
};

/*
 * By the module where it is there, since it knows at once, else by sysfs.  False: there
 * is nothing to say, or its names are still being looked up.  What it points to is
 * @device's.
 */
bool metric_device_info(const struct metric_device *device, struct device_info *info);

/* The type of its IOMMU domain, or NULL. */
const char *metric_device_domain(const struct metric_device *device);

/* Why DMA faults of a device that is present cannot be seen. */
enum unwatched { UNWATCHED_IDENTITY, UNWATCHED_NO_IOMMU, UNWATCHED_REASONS };

extern const char *const unwatched_names[UNWATCHED_REASONS];

/* How many there are, of all that sysfs has. */
void metric_devices_unwatched(size_t counts[UNWATCHED_REASONS]);

#endif
