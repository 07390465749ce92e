/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI devices that are present, from sysfs, kept up to date by uevents. */
#ifndef FAULTCAST_DEVICES_H
#define FAULTCAST_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct loop;

struct pci_device {
	struct address address;
	uint16_t vendor_id;
	uint16_t device_id;
	bool has_aer; /* the kernel handles its advanced error reports */
};

/* Reads /sys/bus/pci/devices anew; 0 or -errno, and then the old list stays. */
int devices_scan(void);

/* Scans, and scans again whenever a PCI device comes or goes.  0 or -errno. */
int devices_watch(struct loop *loop);

/* Frees the list and ends the watch. */
void devices_fini(void);

/* Sorted by segment and bdf; valid until the next scan. */
const struct pci_device *devices_list(size_t *count);

/* NULL when no such device is present. */
const struct pci_device *devices_find(const struct address *address);

#endif
