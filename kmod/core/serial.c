// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serial numbers.  Reading one takes config reads, which may be slow, so it happens in
 * a workqueue of its own: neither notifiers nor the worker that publishes events wait
 * for it.  The workqueue is frozen while the system is suspended.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "identity.h"
#include "serial.h"
#include "slot.h"

/* A timer may expire up to one jiffy early. */
#define PERIOD		(DIV_ROUND_UP(HZ, FAULTCAST_SERIALS_PER_SECOND) + 1)
#define SLOTS_AT_ONCE	256

static struct workqueue_struct *wq;
static struct delayed_work work;
static u32 next;	/* the slot that is examined next */

static bool read_dword(struct pci_dev *pdev, int pos, u32 *value)
{
	return !pci_read_config_dword(pdev, pos, value) && !PCI_POSSIBLE_ERROR(*value);
}

/* Unlike pci_find_ext_capability(), ends at once when the device stops to answer. */
static u64 find_serial(struct pci_dev *pdev)
{
	int steps = (PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8;
	int pos = PCI_CFG_SPACE_SIZE;
	u32 header, low, high;

	while (steps-- && read_dword(pdev, pos, &header) && header) {
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_DSN)
			return read_dword(pdev, pos + 4, &low) && read_dword(pdev, pos + 8, &high) ?
			       (u64)high << 32 | low : 0;
		pos = PCI_EXT_CAP_NEXT(header);
		if (pos < PCI_CFG_SPACE_SIZE)
			break;
	}
	return 0;
}

u64 faultcast_serial_read(struct pci_dev *pdev)
{
	if (pdev->cfg_size <= PCI_CFG_SPACE_SIZE || pdev->current_state == PCI_D3cold ||
	    pci_channel_offline(pdev) || !pci_device_is_present(pdev))
		return 0;
	return find_serial(pdev);
}

/* Returns false if the device is busy, and must be read later. */
static bool read_slot(struct faultcast_slot *slot)
{
	struct pci_dev *pdev = NULL;
	u32 segment, generation;
	bool locked;
	u16 bdf;

	if (faultcast_slot_pci(slot, &segment, &bdf))
		pdev = pci_get_domain_bus_and_slot(segment, PCI_BUS_NUM(bdf), bdf & 0xff);
	if (!pdev) {
		WRITE_ONCE(slot->serial_wanted, false);
		return true;
	}
	/* A driver that binds, a reset and a removal hold this lock. */
	locked = device_trylock(&pdev->dev);
	if (locked) {
		WRITE_ONCE(slot->serial_wanted, false);
		generation = READ_ONCE(slot->generation);
		if (device_is_registered(&pdev->dev))
			faultcast_identity_set_serial(slot, generation,
						      faultcast_serial_read(pdev));
		device_unlock(&pdev->dev);
	}
	pci_dev_put(pdev);
	return locked;
}

/* Reads one device, and later the next one. */
static void run(struct work_struct *unused)
{
	bool busy = false;
	u32 examined;

	for (examined = 0; examined < faultcast_slot_num(); examined++) {
		struct faultcast_slot *slot = faultcast_slot_at(next);

		next = (next + 1) % faultcast_slot_num();
		if (!(examined % SLOTS_AT_ONCE))
			cond_resched();
		if (!READ_ONCE(slot->serial_wanted))
			continue;
		if (read_slot(slot)) {
			queue_delayed_work(wq, &work, PERIOD);
			return;
		}
		busy = true;
	}
	if (busy)
		queue_delayed_work(wq, &work, HZ);
}

int faultcast_serial_init(bool enabled)
{
	next = 0;
	if (!enabled)
		return 0;
	INIT_DELAYED_WORK(&work, run);
	wq = alloc_workqueue("faultcast_serial", WQ_UNBOUND | WQ_FREEZABLE, 1);
	return wq ? 0 : -ENOMEM;
}

void faultcast_serial_exit(void)
{
	if (!wq)
		return;
	cancel_delayed_work_sync(&work);
	destroy_workqueue(wq);
	wq = NULL;
}

void faultcast_serial_want(struct faultcast_slot *slot)
{
	if (!wq)
		return;
	WRITE_ONCE(slot->serial_wanted, true);
	queue_delayed_work(wq, &work, PERIOD);
}
