// SPDX-License-Identifier: GPL-2.0-only
/* A hash table of the addresses of PCI devices.  Readers take no lock. */
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "known.h"
#include "slot.h"

struct known {
	struct hlist_node node;
	struct rcu_head rcu;
	const void *address;
	u32 slot;
};

static DEFINE_HASHTABLE(table, 10);

/* Protects the table against other writers. */
static DEFINE_MUTEX(lock);

/* The caller holds the lock or rcu_read_lock(). */
static struct known *find(const void *address)
{
	struct known *known;

	hash_for_each_possible_rcu(table, known, node, (unsigned long)address,
				   lockdep_is_held(&lock))
		if (known->address == address)
			return known;
	return NULL;
}

void faultcast_known_exit(void)
{
	struct hlist_node *next;
	struct known *known;
	int i;

	hash_for_each_safe(table, i, next, known, node) {
		hash_del(&known->node);
		kfree(known);
	}
}

static void drop(const void *address)
{
	struct known *known = find(address);

	if (!known)
		return;
	hash_del_rcu(&known->node);
	kfree_rcu(known, rcu);
}

void faultcast_known_add(const struct pci_dev *pdev, u32 index)
{
	struct known *new = kmalloc(sizeof(*new), GFP_KERNEL);

	mutex_lock(&lock);
	drop(pdev);
	if (new) {
		new->address = pdev;
		new->slot = index;
		hash_add_rcu(table, &new->node, (unsigned long)pdev);
	}
	mutex_unlock(&lock);
}

void faultcast_known_remove(const struct pci_dev *pdev)
{
	mutex_lock(&lock);
	drop(pdev);
	mutex_unlock(&lock);
}

u32 faultcast_known_slot(const void *address)
{
	const struct known *known;
	u32 slot;

	rcu_read_lock();
	known = find(address);
	slot = known ? known->slot : FAULTCAST_SLOT_UNKNOWN;
	rcu_read_unlock();
	return slot;
}
