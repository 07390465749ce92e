/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sysfs tells of a PCI device.  A dozen system calls a device. */
#ifndef FAULTCAST_PCI_SYSFS_H
#define FAULTCAST_PCI_SYSFS_H

#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "model/address.h"
#include "model/identity.h"

/* The bus and device of a physical slot; a function of that device is in it. */
struct pci_slot {
	uint32_t segment;
	uint16_t bdf;
	char name[IDENTITY_TEXT_LEN];
};

/*
 * @sysfs: where it is mounted.  Fills in what it can read of the device at
 * device->address, all but @slot and @names; -ENOENT: none is there.
 */
int pci_sysfs_read(const char *sysfs, struct pci_device *device);

/* Of the directory @name in @sysfs/bus/pci/slots; 0 or -EINVAL: not one that is fixed to a device.
 */
int pci_sysfs_read_slot(const char *sysfs, const char *name, struct pci_slot *slot);

/* "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0": the last root bus's port; pure. */
void pci_root_port(const char *path, char out[PCI_ADDRESS_LEN]);

#endif
