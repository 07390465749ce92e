// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identities of the present card at a PCI address and of earlier cards there.
 * They are read in process context, when the module is loaded and by a bus notifier
 * at each change; serial.c reads serial numbers afterwards.  A probe therefore only
 * copies the number of the generation.  A card that was swapped, or is bound to another
 * driver, is a new generation.  Older generations are kept for their events.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "alias.h"
#include "identity.h"
#include "known.h"
#include "phys_slot.h"
#include "serial.h"
#include "slot.h"

/* The number of generations that are kept per address. */
#define KEEP	8

/* Protects the lists of identities of all slots, and their content. */
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
	if (driver)
		strscpy(id->driver, driver->name, sizeof(id->driver));
	faultcast_phys_slot_read(pdev, id->phys_slot, sizeof(id->phys_slot));
}

static bool same(const struct faultcast_identity *a, const struct faultcast_identity *b)
{
	return !memcmp(&a->vendor, &b->vendor,
		       sizeof(*a) - offsetof(struct faultcast_identity, vendor));
}

static void drop_oldest(struct faultcast_slot *slot)
{
	struct faultcast_identity **at = &slot->identity;
	int n;

	for (n = 0; *at && n < KEEP; n++)
		at = &(*at)->older;
	kfree(*at);
	*at = NULL;
}

/* Adds @new as the newest identity and owns it.  @new is NULL if there was no memory. */
static void add(struct faultcast_slot *slot, struct faultcast_identity *new)
{
	if (!new) {
		/*
		 * An event must not get another card's identity.  The worker looks
		 * the card up again.
		 */
		WRITE_ONCE(slot->generation, 0);
		WRITE_ONCE(slot->resolved, false);
		return;
	}
	new->older = slot->identity;
	new->generation = slot->identity ? slot->identity->generation + 1 : 1;
	slot->identity = new;
	WRITE_ONCE(slot->generation, new->generation);
	drop_oldest(slot);
}

static struct faultcast_slot *slot_of(struct pci_dev *pdev)
{
	u32 index = faultcast_slot_claim_dev(&pdev->dev);

	return faultcast_slot_is_overflow(index) ? NULL : faultcast_slot_at(index);
}

/* Returns a copy of the device's aliases, which the caller frees; NULL if there are none. */
static struct faultcast_aliases *read_aliases(struct pci_dev *pdev)
{
	struct faultcast_aliases list;

	faultcast_alias_read(pdev, &list);
	return list.num ? kmemdup(&list, sizeof(list), GFP_KERNEL) : NULL;
}

/*
 * Makes @id the newest identity if it differs from the last one, in the memory @new.
 * Returns whether the card's serial number should be read: of a new card, and when a
 * driver binds, because a card may have slept before.
 */
static bool update(struct faultcast_slot *slot, struct faultcast_identity *id, bool new_card,
		   struct faultcast_identity **new)
{
	id->new_card = new_card || !slot->generation || !slot->present;
	id->serial = id->new_card ? 0 : slot->identity->serial;
	slot->present = true;
	if (id->new_card || !same(slot->identity, id)) {
		if (*new)
			**new = *id;
		add(slot, *new);
		*new = NULL;
	}
	return !id->serial && (id->new_card || *id->driver);
}

/*
 * Allocates memory and reads the device without the lock, because the worker takes
 * the lock too.
 */
static void refresh(struct pci_dev *pdev, const struct device_driver *driver, bool new_card)
{
	struct faultcast_slot *slot = slot_of(pdev);
	struct faultcast_identity id, *new;
	struct faultcast_aliases *aliases;
	bool want_serial;

	if (!slot)
		return;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	read_identity(pdev, driver, &id);
	aliases = read_aliases(pdev);
	mutex_lock(&lock);
	want_serial = update(slot, &id, new_card, &new);
	swap(slot->aliases, aliases);
	mutex_unlock(&lock);
	kfree(aliases);
	kfree(new);
	if (want_serial)
		faultcast_serial_want(slot);
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

static void add_known(struct pci_dev *pdev)
{
	faultcast_known_add(pdev, faultcast_slot_claim_dev(&pdev->dev));
}

/* Notifications about drivers come with the device locked, so its driver cannot change. */
static int on_bus(struct notifier_block *nb, unsigned long action, void *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		add_known(pdev);
		refresh(pdev, NULL, true);
		break;
	/* The kernel sends this before the driver's probe(), which may already cause faults. */
	case BUS_NOTIFY_BIND_DRIVER:
	case BUS_NOTIFY_BOUND_DRIVER:
		refresh(pdev, pdev->dev.driver, false);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		refresh(pdev, NULL, false);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		faultcast_known_remove(pdev);
		gone(pdev);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_bus };

int faultcast_identity_init(bool serials)
{
	struct pci_dev *pdev = NULL;
	int err;

	err = faultcast_serial_init(serials);
	if (err)
		return err;
	/* The notifier is registered first, so that no device is missed in between. */
	err = bus_register_notifier(&pci_bus_type, &notifier);
	if (err) {
		faultcast_serial_exit();
		return err;
	}
	for_each_pci_dev(pdev) {
		add_known(pdev);
		/*
		 * Do not wait for a driver that hangs in probe(): the notifier is
		 * called when it ends.
		 */
		if (!device_trylock(&pdev->dev))
			continue;
		refresh(pdev, pdev->dev.driver, false);
		device_unlock(&pdev->dev);
	}
	return 0;
}

void faultcast_identity_exit(void)
{
	u32 i;

	bus_unregister_notifier(&pci_bus_type, &notifier);
	faultcast_serial_exit();
	faultcast_known_exit();
	for (i = 0; i < faultcast_slot_num(); i++) {
		struct faultcast_identity *id = faultcast_slot_at(i)->identity;

		while (id) {
			struct faultcast_identity *older = id->older;

			kfree(id);
			id = older;
		}
		kfree(faultcast_slot_at(i)->aliases);
	}
}

/*
 * Walks the bus once per slot.  A walk for every fault of a requester id without a
 * device would cost too much.
 */
u32 faultcast_identity_resolve(struct faultcast_slot *slot)
{
	u32 segment;
	u16 bdf;
	struct pci_dev *pdev;

	if (slot->resolved || time_before64(get_jiffies_64(), slot->resolve_after) ||
	    !faultcast_slot_pci(slot, &segment, &bdf))
		return 0;
	slot->resolved = true;
	slot->resolve_after = get_jiffies_64() + HZ;
	pdev = pci_get_domain_bus_and_slot(segment, PCI_BUS_NUM(bdf), bdf & 0xff);
	if (!pdev)
		return 0;
	slot->resolved = device_trylock(&pdev->dev);
	if (slot->resolved) {
		/* A device that is being removed is skipped. */
		if (device_is_registered(&pdev->dev))
			refresh(pdev, pdev->dev.driver, false);
		device_unlock(&pdev->dev);
	}
	pci_dev_put(pdev);
	return READ_ONCE(slot->generation);
}

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

void faultcast_identity_set_serial(struct faultcast_slot *slot, u32 generation, u64 serial)
{
	struct faultcast_identity *id;

	mutex_lock(&lock);
	id = slot->generation == generation ? slot->identity : NULL;
	for (; id; id = id->new_card ? NULL : id->older)
		id->serial = serial;
	mutex_unlock(&lock);
}

bool faultcast_identity_aliases(const struct faultcast_slot *slot, struct faultcast_aliases *list)
{
	bool any;

	mutex_lock(&lock);
	any = slot->aliases;
	if (any)
		*list = *slot->aliases;
	mutex_unlock(&lock);
	return any;
}
