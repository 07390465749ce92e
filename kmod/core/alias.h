/* SPDX-License-Identifier: GPL-2.0-only */
/* The other requester ids under which an IOMMU sees the DMA of a PCI device. */
#ifndef FAULTCAST_CORE_ALIAS_H
#define FAULTCAST_CORE_ALIAS_H

#include <linux/types.h>

struct pci_bus;
struct pci_dev;

/* A device with more aliases, such as a switch with NTB, keeps the first ones. */
#define FAULTCAST_ALIASES_MAX	32

struct faultcast_alias {
	u32 segment;
	u16 bdf;
};

struct faultcast_aliases {
	u32 num;
	struct faultcast_alias at[FAULTCAST_ALIASES_MAX];
};

/*
 * Fills @list with the requester ids of @pdev other than its own: of bridges above it
 * that replace the requester id, of phantom functions, and of the VMD endpoint.
 * Process context; the caller holds a reference to @pdev.
 */
void faultcast_alias_read(struct pci_dev *pdev, struct faultcast_aliases *list);

/* The device above @bus: its bridge, or the VMD endpoint of a root bus; NULL if none. */
struct pci_dev *faultcast_alias_above(struct pci_bus *bus);

#endif /* FAULTCAST_CORE_ALIAS_H */
