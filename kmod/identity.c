// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sits at a PCI address, and who sat there before.  Read in process context:
 * when the module is loaded, and by a bus notifier at each change, so that a
 * probe has only to copy the generation.  A card that was swapped, or has got
 * another driver, is a new generation; the old ones are kept for their events.
 */
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "event.h"

/* Generations kept per address. */
#define KEEP	8

/* The lists of all slots, and everything in them. */
static DEFINE_MUTEX(lock);

static void read_identity(struct pci_dev *pdev, const struct device_driver *driver,
			  struct faultcast_identity *id)
{
	memset(id, 0, sizeof(*id));	/* compared as a whole */
	id->vendor = pdev->vendor;
	id->device = pdev->device;
	id->subsystem_vendor = pdev->subsystem_vendor;
	id->subsystem_device = pdev->subsystem_device;
	id->class = pdev->class;
	id->revision = pdev->revision;
	id->serial = pci_get_dsn(pdev);
	if (driver)
		strscpy(id->driver, driver->name, sizeof(id->driver));
	if (pdev->slot)
		strscpy(id->phys_slot, pci_slot_name(pdev->slot), sizeof(id->phys_slot));
}

static bool same(const struct faultcast_identity *a, const struct faultcast_identity *b)
{
	return !memcmp(&a->vendor, &b->vendor,
		       sizeof(*a) - offsetof(struct faultcast_identity, vendor));
}

static void forget_oldest(struct faultcast_slot *slot)
{
	struct faultcast_identity **at = &slot->identity;
	int n;

	for (n = 0; *at && n < KEEP; n++)
		at = &(*at)->older;
	kfree(*at);
	*at = NULL;
}

static void add(struct faultcast_slot *slot, const struct faultcast_identity *id)
{
	struct faultcast_identity *new = kmemdup(id, sizeof(*id), GFP_KERNEL);

	if (!new) {
		/* No identity is better than another card's; the worker looks again. */
		WRITE_ONCE(slot->generation, 0);
		WRITE_ONCE(slot->resolved, false);
		return;
	}
	new->older = slot->identity;
	new->generation = slot->identity ? slot->identity->generation + 1 : 1;
	slot->identity = new;
	WRITE_ONCE(slot->generation, new->generation);
	forget_oldest(slot);
}

static struct faultcast_slot *slot_of(struct pci_dev *pdev)
{
	u32 index = faultcast_registry_claim_dev(&pdev->dev);

	return faultcast_registry_is_overflow(index) ? NULL : faultcast_registry_slot(index);
}

static void refresh(struct pci_dev *pdev, const struct device_driver *driver, bool new_card)
{
	struct faultcast_slot *slot = slot_of(pdev);
	struct faultcast_identity id;

	if (!slot)
		return;
	read_identity(pdev, driver, &id);
	mutex_lock(&lock);
	if (!slot->generation || !slot->present || new_card || !same(slot->identity, &id))
		add(slot, &id);
	slot->present = true;
	mutex_unlock(&lock);
}

static void gone(struct pci_dev *pdev)
{
	struct faultcast_slot *slot = slot_of(pdev);

	if (!slot)
		return;
	mutex_lock(&lock);
	slot->present = false;
	mutex_unlock(&lock);
}

/* With the device locked: its driver cannot change under us. */
static int on_bus(struct notifier_block *nb, unsigned long action, void *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		refresh(pdev, NULL, true);
		break;
	/* Before its probe, in which it may set up the wrong DMA. */
	case BUS_NOTIFY_BIND_DRIVER:
		refresh(pdev, pdev->dev.driver, false);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		refresh(pdev, NULL, false);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		gone(pdev);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_bus };

int faultcast_identity_init(void)
{
	struct pci_dev *pdev = NULL;
	int err;

	/* First the notifier, so that nobody comes in between. */
	err = bus_register_notifier(&pci_bus_type, &notifier);
	if (err)
		return err;
	for_each_pci_dev(pdev) {
		device_lock(&pdev->dev);
		refresh(pdev, pdev->dev.driver, false);
		device_unlock(&pdev->dev);
	}
	return 0;
}

void faultcast_identity_exit(void)
{
	u32 i;

	bus_unregister_notifier(&pci_bus_type, &notifier);
	for (i = 0; i < faultcast_registry_size(); i++) {
		struct faultcast_identity *id = faultcast_registry_slot(i)->identity;

		while (id) {
			struct faultcast_identity *older = id->older;

			kfree(id);
			id = older;
		}
	}
}

/*
 * Process context, for a slot that a probe claimed.  Once: a bus walk for every
 * fault of a requester id that is no device would be too much.  Never waits for
 * a driver that is just binding: then the next event tries again.
 */
u32 faultcast_identity_resolve(struct faultcast_slot *slot)
{
	u32 segment;
	u16 bdf;
	struct pci_dev *pdev;

	if (slot->resolved || !faultcast_registry_pci(slot, &segment, &bdf))
		return 0;
	slot->resolved = true;
	pdev = pci_get_domain_bus_and_slot(segment, PCI_BUS_NUM(bdf), bdf & 0xff);
	if (!pdev)
		return 0;
	slot->resolved = device_trylock(&pdev->dev);
	if (slot->resolved) {
		refresh(pdev, pdev->dev.driver, false);
		device_unlock(&pdev->dev);
	}
	pci_dev_put(pdev);
	return READ_ONCE(slot->generation);
}

/* Copies @generation (0: the newest); false when it is not known any more. */
bool faultcast_identity_read(const struct faultcast_slot *slot, u32 generation,
			     struct faultcast_identity *id)
{
	const struct faultcast_identity *at;

	mutex_lock(&lock);
	at = slot->identity;
	while (at && generation && at->generation != generation)
		at = at->older;
	if (at)
		*id = *at;
	mutex_unlock(&lock);
	return at;
}
