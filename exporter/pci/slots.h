/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The physical slots of this host, and which of them a device is in. */
#ifndef FAULTCAST_PCI_SLOTS_H
#define FAULTCAST_PCI_SLOTS_H

#include <stddef.h>

#include "sysfs.h"

/* All zero at first, which is an empty list. */
struct pci_slots {
	struct pci_slot *list;
	size_t count, allocated;
};

/* Empties the list and keeps its memory. */
void pci_slots_clear(struct pci_slots *slots);

/* Reads the slot of the directory @name; one that names no device, or finds no memory, is left out.
 */
void pci_slots_add(struct pci_slots *slots, const char *sysfs, const char *name);

/*
 * The name of the slot that is nearest to the device at the beginning of @path: of the device
 * itself, else of a device above it.  "" if there is none.  Belongs to @slots.
 */
const char *pci_slots_find(const struct pci_slots *slots, const struct pci_path *path);

/* Frees the list. */
void pci_slots_free(struct pci_slots *slots);

#endif
