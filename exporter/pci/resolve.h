/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills in the part of a device's coverage that depends on other devices and on the host. */
#ifndef FAULTCAST_PCI_RESOLVE_H
#define FAULTCAST_PCI_RESOLVE_H

#include <stdbool.h>

#include "device.h"

/* Reads what the devices need from each other and from the host.  The list must be complete. */
void resolve_begin(const char *sysfs);

/* Fills in @device->coverage.  Returns whether a member has changed. */
bool resolve_coverage(struct pci_device *device);

/* Frees what resolve_begin() has read. */
void resolve_fini(void);

#endif
