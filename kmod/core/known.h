/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI devices that the bus has, by the address of their struct pci_dev.  A probe
 * that finds an address in private memory of the kernel asks here which device has
 * that address.  The address itself is never followed.
 */
#ifndef FAULTCAST_CORE_KNOWN_H
#define FAULTCAST_CORE_KNOWN_H

#include <linux/types.h>

struct pci_dev;

/* Empties the table.  Nothing may use it meanwhile. */
void faultcast_known_exit(void);

/*
 * The device at @pdev has the slot @index.  An older entry with the same address is
 * replaced.  Without memory the device stays unknown.  Process context.
 */
void faultcast_known_add(const struct pci_dev *pdev, u32 index);

/* The device at @pdev is gone.  Process context. */
void faultcast_known_remove(const struct pci_dev *pdev);

/*
 * The slot of the device whose struct pci_dev is at @address; FAULTCAST_SLOT_UNKNOWN
 * if there is no such device.  @address may be any value.  Any context, NMI-like
 * included.
 */
u32 faultcast_known_slot(const void *address);

#endif /* FAULTCAST_CORE_KNOWN_H */
