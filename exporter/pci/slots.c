// SPDX-License-Identifier: GPL-2.0-or-later
#include "slots.h"

#include <stdbool.h>
#include <stdlib.h>

void pci_slots_clear(struct pci_slots *slots)
{
	slots->count = 0;
}

void pci_slots_add(struct pci_slots *slots, const char *sysfs, const char *name)
{
	if (slots->count == slots->allocated) {
		size_t more = slots->allocated ? slots->allocated * 2 : 16;
		void *grown = reallocarray(slots->list, more, sizeof(*slots->list));

		if (!grown)
			return;
		slots->list = grown;
		slots->allocated = more;
	}
	if (!pci_sysfs_read_slot(sysfs, name, &slots->list[slots->count]))
		slots->count++;
}

static unsigned int device_number(uint16_t bdf)
{
	return bdf >> 3 & 0x1f;
}

/*
 * The slot of the device at @address, as pci_dev_assign_slot() of the kernel finds it.  A link has
 * one slot for all devices on its bus, which sysfs shows as device 0: the functions of an ARI card
 * have other device numbers.  @link: @address is behind a link, not on a root bus.
 */
static const struct pci_slot *slot_at(const struct pci_slots *slots, const struct address *address,
				      bool link)
{
	const struct pci_slot *of_bus = NULL;
	size_t on_bus = 0;

	for (size_t i = 0; i < slots->count; i++) {
		const struct pci_slot *slot = &slots->list[i];

		if (slot->segment != address->segment || slot->bdf >> 8 != address->bdf >> 8)
			continue;
		if (device_number(slot->bdf) == device_number(address->bdf))
			return slot;
		on_bus++;
		if (!device_number(slot->bdf))
			of_bus = slot;
	}
	return link && on_bus == 1 ? of_bus : NULL;
}

const char *pci_slots_find(const struct pci_slots *slots, const struct pci_path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		const struct pci_slot *slot = slot_at(slots, &path->at[i], i + 1 < path->count);

		if (slot)
			return slot->name;
	}
	return "";
}

void pci_slots_free(struct pci_slots *slots)
{
	free(slots->list);
	*slots = (struct pci_slots){ 0 };
}
