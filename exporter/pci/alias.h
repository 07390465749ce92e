/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requester ids of a device other than its own, as far as sysfs lets one guess them. */
#ifndef FAULTCAST_PCI_ALIAS_H
#define FAULTCAST_PCI_ALIAS_H

#include "device.h"
#include "sysfs.h"

/*
 * Fills in the aliases of @device, whose own path is @path.  The kernel module knows better: it
 * sees what kind of bridge a bridge is, and the kernel's quirks.  From sysfs, a PCIe-to-PCI bridge
 * is a bridge with a PCIe link above a device without one, and VMD is a device that has another
 * segment below it.  @devices is the directory of all devices in sysfs.
 */
void pci_alias_guess(const char *devices, const struct pci_path *path, struct pci_device *device);

#endif
