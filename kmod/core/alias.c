// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requester ids under which the DMA of a device may appear.  These are the rules of
 * pci_for_each_dma_alias() and pci_real_dma_dev(), which the kernel does not export.
 * Calling them by address is no choice: with IBT the kernel seals functions that
 * nobody calls indirectly.
 */
#include <linux/bitops.h>
#include <linux/pci.h>

#include "alias.h"
#include "compat.h"

#define DEVFNS	256

static void add(struct faultcast_aliases *list, struct pci_dev *pdev, u32 segment, u16 bdf)
{
	u32 i;

	if (segment == pci_domain_nr(pdev->bus) && bdf == pci_dev_id(pdev))
		return;
	for (i = 0; i < list->num; i++)
		if (list->at[i].segment == segment && list->at[i].bdf == bdf)
			return;
	if (list->num < FAULTCAST_ALIASES_MAX)
		list->at[list->num++] = (struct faultcast_alias){ segment, bdf };
}

/*
 * The requester id that @bridge gives to requests from @bus below it, as in the PCI
 * Express to PCI/PCI-X Bridge Specification 1.0, section 2.3.  Returns false if
 * requests keep their id.
 */
static bool replaced_id(struct pci_dev *bridge, const struct pci_bus *bus, u16 *bdf)
{
	bool pcie = pci_is_pcie(bridge);

	*bdf = pci_dev_id(bridge);
	if (pcie && pci_pcie_type(bridge) == PCI_EXP_TYPE_PCIE_BRIDGE)
		return true;
	if (!pcie && !(bridge->dev_flags & PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS))
		return true;
	*bdf = PCI_DEVID(bus->number, 0);
	return !pcie || pci_pcie_type(bridge) == PCI_EXP_TYPE_PCI_BRIDGE;
}

void faultcast_alias_read(struct pci_dev *pdev, struct faultcast_aliases *list)
{
	struct pci_dev *dma = faultcast_real_dma_dev(pdev);
	const unsigned long *phantoms = READ_ONCE(dma->dma_alias_mask);
	u32 segment = pci_domain_nr(dma->bus);
	struct pci_bus *bus;
	unsigned int devfn;
	u16 bdf;

	list->num = 0;
	add(list, pdev, segment, pci_dev_id(dma));
	if (phantoms)
		for_each_set_bit(devfn, phantoms, DEVFNS)
			add(list, pdev, segment, PCI_DEVID(dma->bus->number, devfn));
	for (bus = dma->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		struct pci_dev *bridge = bus->self;

		if (!bridge)	/* a bus that exists only for virtual functions */
			continue;
		if (bridge->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			return;
		if (replaced_id(bridge, bus, &bdf))
			add(list, pdev, segment, bdf);
	}
}

struct pci_dev *faultcast_alias_above(struct pci_bus *bus)
{
	while (!pci_is_root_bus(bus) && !bus->self)
		bus = bus->parent;
	return bus->self ?: faultcast_vmd_of(bus);
}
