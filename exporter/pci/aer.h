/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads from sysfs who reports the errors of a device: PCIe Advanced Error Reporting. */
#ifndef FAULTCAST_PCI_AER_H
#define FAULTCAST_PCI_AER_H

#include <stdbool.h>

#include "device.h"

/*
 * Fills in whether the device has the capability AER, and the service of the kernel's AER driver at
 * the device.  @directory is the device's directory.
 */
void pci_aer_read(const char *sysfs, const char *directory, struct pci_device *device);

/* The service at the device @address, if the AER driver is bound to it. */
enum pci_aer_service pci_aer_read_service(const char *sysfs, const struct address *address);

/* Whether firmware may report PCIe errors to the kernel: a driver handles GHES error sources. */
bool pci_aer_has_firmware(const char *sysfs);

#endif
