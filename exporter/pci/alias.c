// SPDX-License-Identifier: GPL-2.0-or-later
#include "alias.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "attribute.h"

/* The kernel shows this file for devices that have the PCI Express capability, and no others. */
static bool has_link(const char *devices, const struct address *address)
{
	char directory[PATH_MAX], name[ADDRESS_LEN];

	address_format(address, name);
	snprintf(directory, sizeof(directory), "%s/%s", devices, name);
	return attribute_exists(directory, "max_link_speed");
}

static void add(struct pci_device *device, uint32_t segment, uint16_t bdf)
{
	if ((segment == device->address.segment && bdf == device->address.bdf) ||
	    device->num_aliases == PCI_ALIASES_MAX)
		return;
	device->aliases[device->num_aliases++] = (struct device_alias){ segment, bdf };
}

void pci_alias_guess(const char *devices, const struct pci_path *path, struct pci_device *device)
{
	bool pcie = has_link(devices, &path->at[0]);
	size_t conventional = 0; /* bridges without a link directly below at[i] */

	device->num_aliases = 0;
	for (size_t i = 1; i < path->count; i++) {
		const struct address *bridge = &path->at[i], *below = &path->at[i - 1];
		bool bridge_pcie = has_link(devices, bridge);

		if (bridge->segment != below->segment) {
			device->num_aliases = 0;
			add(device, bridge->segment, bridge->bdf);
			return;
		}
		if (!bridge_pcie) {
			conventional++;
		} else if (!pcie) {
			/* Bridge Specification 1.0, section 2.3: the id of the secondary bus. */
			for (size_t j = i - conventional; j < i; j++)
				add(device, path->at[j].segment, path->at[j].bdf);
			add(device, below->segment, (uint16_t)(below->bdf & 0xff00));
			conventional = 0;
		}
		pcie = bridge_pcie;
	}
}
