/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads PCI devices and physical slots from sysfs; a device takes a dozen system calls. */
#ifndef FAULTCAST_PCI_SYSFS_H
#define FAULTCAST_PCI_SYSFS_H

#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "model/address.h"
#include "model/identity.h"

/* A physical slot: all functions of the device at @segment and @bdf are in it. */
struct pci_slot {
	uint32_t segment;
	uint16_t bdf;
	char name[IDENTITY_TEXT_LEN];
};

/*
 * Reads the device at device->address and fills in all members but @slot and @names.  @sysfs is the
 * directory where sysfs is mounted.  Returns 0, or -ENOENT if there is no such device.
 */
int pci_sysfs_read(const char *sysfs, struct pci_device *device);

/*
 * Reads the slot of the directory @name in @sysfs/bus/pci/slots.  Returns 0, or -EINVAL if the slot
 * does not name the address of a device.
 */
int pci_sysfs_read_slot(const char *sysfs, const char *name, struct pci_slot *slot);

/*
 * Extracts the root port from a path such as
 * "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0": the component behind the last root bus.
 * "" if the device is on the root bus itself.
 */
void pci_root_port(const char *path, char out[PCI_ADDRESS_LEN]);

#endif
