/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of PCI devices that are present, or were removed recently.  It is read from sysfs and
 * kept up to date by uevents, without polling.
 */
#ifndef FAULTCAST_PCI_DEVICES_H
#define FAULTCAST_PCI_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "bus/feature.h"
#include "device.h"
#include "model/counts.h"

struct loop;

extern const struct setting_group devices_settings;

struct devices_config {
	const char *sysfs;	  /* where sysfs is mounted */
	const char *names;	  /* see pci_names_init() */
	uint64_t keep_removed_ns; /* how long a removed device stays in the list */
};

/*
 * Reads all devices, and from then on each device that a uevent names: a tenth of a second after
 * the first uevent of a burst, in slices between which the loop runs.  Returns 0 or -errno.
 */
int devices_watch(struct loop *loop);

/* Frees the list and closes the uevent socket. */
void devices_fini(void);

/*
 * The list and its length, sorted by segment and bdf.  List and devices are valid until the loop
 * runs again; devices_get() makes a device valid for longer.
 */
const struct pci_device *const *devices_list(size_t *count);

/* The device of the list at @address; NULL: the list has none.  Valid like the list. */
const struct pci_device *devices_find(const struct address *address);

/* Keeps a device valid and unchanged until devices_put(). */
const struct pci_device *devices_get(const struct pci_device *device);
void devices_put(const struct pci_device *device);

/*
 * True if a device was removed longer ago than keep_removed_ns, and has raised nothing in that time
 * either.  @counts are the module's counts of the device and @device its entry in the list; either
 * may be NULL.  A device that was removed before the exporter started counts as removed at the
 * start.  Always false for a requester that is no PCI device or was never present.
 */
bool devices_forgotten(const struct device_counts *counts, const struct pci_device *device);

#endif
