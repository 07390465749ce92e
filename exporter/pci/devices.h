/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI devices that are present, and those that were until not long ago, from
 * sysfs, kept up to date by uevents.  Nothing here polls.
 */
#ifndef FAULTCAST_PCI_DEVICES_H
#define FAULTCAST_PCI_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "bus/feature.h"
#include "device.h"
#include "model/counts.h"

struct loop;

/* The settings of the list of devices, whose values are a struct devices_config. */
extern const struct feature feature_pci;
extern const struct setting_group devices_settings;

struct devices_config {
	const char *sysfs;	  /* where it is mounted; kept */
	const char *names;	  /* see pci_names_init(); kept */
	uint64_t keep_removed_ns; /* how long a removed device stays known */
};

/*
 * Reads all of sysfs, and later what uevents name: a tenth of a second after the first
 * of a burst, in slices between which the loop goes on.  0 or -errno.
 */
int devices_watch(struct loop *loop);

/* Frees the list and ends the watch. */
void devices_fini(void);

/*
 * Sorted by segment and bdf; a device is valid until the loop runs, unless its user
 * has it by devices_get().
 */
const struct pci_device *const *devices_list(size_t *count);

/* Keeps a device as it is until devices_put(). */
const struct pci_device *devices_get(const struct pci_device *device);
void devices_put(const struct pci_device *device);

/*
 * Whether what is at this address was removed longer ago than is to be remembered, and
 * has not raised anything since then either.  @counts: the module's, or NULL; @device: ours, or
 * NULL.  Not what is no PCI device, or never was present: it only raised something.  What went
 * before the exporter started counts as removed at that moment.
 */
bool devices_forgotten(const struct device_counts *counts, const struct pci_device *device);

#endif
