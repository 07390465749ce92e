/* SPDX-License-Identifier: GPL-2.0-only */
/* The physical slot that a PCI device is in. */
#ifndef FAULTCAST_CORE_PHYS_SLOT_H
#define FAULTCAST_CORE_PHYS_SLOT_H

#include <linux/types.h>

struct pci_dev;

/*
 * Writes the name of the nearest physical slot: of @pdev itself, else of the devices
 * above it.  A virtual function is where its physical one is.  "" if there is none.
 * Process context; the caller holds a reference to @pdev.
 */
void faultcast_phys_slot_read(struct pci_dev *pdev, char *name, size_t size);

#endif /* FAULTCAST_CORE_PHYS_SLOT_H */
