// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identities of the present card at a PCI address and of earlier cards there.
 * They are read in process context, when the module is loaded and by a bus notifier
 * at each change.  A probe therefore only copies the number of the generation.  A
 * card that was swapped, or is bound to another driver, is a new generation.  Older
 * generations are kept for their events.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "identity.h"
#include "slot.h"

/* The number of generations that are kept per address. */
#define KEEP	8

/* Protects the lists of identities of all slots, and their content. */
static DEFINE_MUTEX(lock);

/*
 * A card that was pulled does not answer when its driver is removed, so a known
 * serial number is kept.  A card in D3cold does not answer either; its serial number
 * is read when a driver binds.
 */
static u64 read_serial(struct pci_dev *pdev, const struct device_driver *driver, bool known,
		       u64 serial)
{
	if (serial || (known && !driver) || pdev->current_state == PCI_D3cold)
		return serial;
	return pci_get_dsn(pdev);
}

/* The physical slot may disappear while its name is read: the kernel exports no lock for it. */
static void read_identity(struct pci_dev *pdev, const struct device_driver *driver,
			  struct faultcast_identity *id)
{
	const struct pci_slot *slot = READ_ONCE(pdev->slot);

	memset(id, 0, sizeof(*id));	/* compared as a whole */
	id->vendor = pdev->vendor;
	id->device = pdev->device;
	id->subsystem_vendor = pdev->subsystem_vendor;
	id->subsystem_device = pdev->subsystem_device;
	id->class = pdev->class;
	id->revision = pdev->revision;
	if (driver)
		strscpy(id->driver, driver->name, sizeof(id->driver));
	if (slot)
		strscpy(id->phys_slot, pci_slot_name(slot), sizeof(id->phys_slot));
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

/* Returns whether the card in @slot was known before, and sets @serial to its number or 0. */
static bool known(const struct faultcast_slot *slot, u64 *serial)
{
	bool is;

	mutex_lock(&lock);
	is = slot->generation && slot->present;
	*serial = is ? slot->identity->serial : 0;
	mutex_unlock(&lock);
	return is;
}

/*
 * Allocates memory and reads the device without the lock, because the worker takes
 * the lock too.
 */
static void refresh(struct pci_dev *pdev, const struct device_driver *driver, bool new_card)
{
	struct faultcast_slot *slot = slot_of(pdev);
	struct faultcast_identity id, *new;
	bool old_card;
	u64 serial;

	if (!slot)
		return;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	old_card = known(slot, &serial) && !new_card;
	read_identity(pdev, driver, &id);
	id.serial = read_serial(pdev, driver, old_card, old_card ? serial : 0);
	if (new)
		*new = id;
	mutex_lock(&lock);
	if (!old_card || !same(slot->identity, &id)) {
		add(slot, new);
		new = NULL;
	}
	slot->present = true;
	mutex_unlock(&lock);
	kfree(new);
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

/* Notifications about drivers come with the device locked, so its driver cannot change. */
static int on_bus(struct notifier_block *nb, unsigned long action, void *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
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

	/* The notifier is registered first, so that no device is missed in between. */
	err = bus_register_notifier(&pci_bus_type, &notifier);
	if (err)
		return err;
	for_each_pci_dev(pdev) {
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
	for (i = 0; i < faultcast_slot_num(); i++) {
		struct faultcast_identity *id = faultcast_slot_at(i)->identity;

		while (id) {
			struct faultcast_identity *older = id->older;

			kfree(id);
			id = older;
		}
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
