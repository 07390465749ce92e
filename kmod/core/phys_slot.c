// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name of a device's physical slot.  pdev->slot may be freed at any time, because
 * the kernel exports no lock for it.  It is therefore only compared with the slots of
 * pci_slots_kset: a slot in this list is not freed while the list is locked.
 */
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "alias.h"
#include "compat.h"
#include "phys_slot.h"

/*
 * kobject_rename() does not take the lock.  It sets the new name, sends a uevent, and
 * then frees the old name: a name that is still the same after it was copied was valid.
 */
static void copy_name(const struct pci_slot *slot, char *name, size_t size)
{
	const char *from;

	do {
		from = READ_ONCE(slot->kobj.name);
		strscpy(name, from ?: "", size);
		smp_rmb();	/* copy before the second look */
	} while (READ_ONCE(slot->kobj.name) != from);
}

/*
 * Older kernels find the slot of a link only for device number 0.  The further
 * functions of an ARI card have other device numbers, and are in the only slot too.
 */
static bool own_slot(const struct pci_dev *pdev, char *name, size_t size)
{
	const struct pci_slot *own = READ_ONCE(pdev->slot), *slot, *found = NULL, *of_bus = NULL;
	unsigned int on_bus = 0;

	spin_lock(&pci_slots_kset->list_lock);
	list_for_each_entry(slot, &pci_slots_kset->list, kobj.entry) {
		if (slot == own) {
			found = slot;
			break;
		}
		if (slot->bus != pdev->bus)
			continue;
		on_bus++;
		if (!slot->number)
			of_bus = slot;
	}
	if (!found && on_bus == 1 && pdev->bus->self)
		found = of_bus;
	if (found)
		copy_name(found, name, size);
	spin_unlock(&pci_slots_kset->list_lock);
	return found;
}

void faultcast_phys_slot_read(struct pci_dev *pdev, char *name, size_t size)
{
	struct pci_dev *at = pci_physfn(pdev);

	*name = '\0';
	while (at && !own_slot(at, name, size))
		at = faultcast_alias_above(at->bus);
}
