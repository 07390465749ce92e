/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads PCI devices and physical slots from sysfs; a device takes some twenty system calls. */
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

/* The kernel allows deeper trees; devices above the limit are ignored. */
#define PCI_PATH_MAX 32

/* The addresses of a device and of the devices above it, up to the one on a root bus. */
struct pci_path {
	size_t count;
	struct address at[PCI_PATH_MAX];
};

/*
 * Reads the device at device->address and fills in all members but @slot and @names.  @sysfs is the
 * directory where sysfs is mounted.  @path gets the devices above the device; for a virtual
 * function it gets the path of the physical one, which has the card's place.  Returns 0, or -ENOENT
 * if there is no such device.
 */
int pci_sysfs_read(const char *sysfs, struct pci_device *device, struct pci_path *path);

/*
 * Parses a path such as "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0".  Components that
 * are not the address of a PCI device are skipped, such as the root bus of a VMD.
 */
void pci_path_parse(const char *text, struct pci_path *path);

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
