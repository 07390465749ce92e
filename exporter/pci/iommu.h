/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads from sysfs what a device's IOMMU does with the device's DMA. */
#ifndef FAULTCAST_PCI_IOMMU_H
#define FAULTCAST_PCI_IOMMU_H

#include <stdbool.h>

#include "device.h"
#include "model/coverage.h"

/*
 * Fills in the domain type, the group, and the members of @device->coverage that depend on the
 * device and its IOMMU alone.  @directory is the device's directory; the device's ids, class and
 * driver have been read already.
 */
void pci_iommu_read(const char *directory, struct pci_device *device);

/* Reads the type of the default domain of the device's group; "none": the device has no group. */
void pci_iommu_read_type(const char *directory, char type[PCI_DOMAIN_TYPE_LEN]);

/*
 * Whether this host has an IOMMU whose driver attaches a device only when a driver is bound to the
 * device, so that a device without a group may yet get one.
 */
bool pci_iommu_attaches_late(const char *sysfs);

/* The driver of an IOMMU, by the IOMMU's name in /sys/class/iommu. */
enum coverage_iommu pci_iommu_named(const char *name);

/*
 * Whether the driver named @driver attaches domains of its own.  The type in sysfs is the type of
 * the default domain, and does not change then.
 */
bool pci_iommu_is_domain_owner(const char *driver);

#endif
