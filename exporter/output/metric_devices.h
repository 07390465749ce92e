/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that have series in a scrape: those that have raised something, and those present. */
#ifndef FAULTCAST_OUTPUT_METRIC_DEVICES_H
#define FAULTCAST_OUTPUT_METRIC_DEVICES_H

#include "../devices.h"
#include "../health.h"
#include "../snapshot.h"
#include "exemplars.h"

struct metric_device {
	const struct device_counts *counts; /* all zero: the kernel has none */
	const struct pci_device *present;   /* NULL: no such PCI device is there */
	const struct device_exemplars *exemplars;
	enum health_state health; /* HEALTH_UNKNOWN: nobody judges */
	bool counted;		  /* the kernel has counters of it */
	char name[ADDRESS_LEN];	  /* label device */
};

struct metric_devices {
	struct metric_device *list;
	size_t count;
};

/*
 * Each device once.  It points into @s and into the list of devices.h, which must
 * stay as they are.  -ENOMEM: it is empty.
 */
int metric_devices_build(struct metric_devices *devices, const struct snapshot *s);
void metric_devices_free(struct metric_devices *devices);

#endif
