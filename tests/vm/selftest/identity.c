// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: each change of the device at an address is a new generation
 * (kmod/core/identity.c). The last eight generations are kept, and an event finds the one
 * with which it was raised. A device that was unknown when it faulted is looked up
 * afterwards, and its event says so.
 *
 * The device is a real one of the machine, an i82559er of QEMU's. The kernel's own PCI
 * core binds it to a driver, removes it and finds it again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/pci.h>

#include "check.h"
#include "core/identity.h"
#include "core/log.h"
#include "core/raise.h"
#include "core/worker.h"

#define VENDOR	PCI_VENDOR_ID_INTEL
#define DEVICE	0x1209
#define KEPT	8
#define DRIVER	"faultcast_test"

static const struct pci_device_id driver_ids[] = { { PCI_DEVICE(VENDOR, DEVICE) }, { } };

static struct faultcast_slot *slot_of(struct pci_dev *pdev)
{
	return faultcast_slot_at(faultcast_slot_claim_dev(&pdev->dev));
}

static int probe_result;
static u32 probe_generation;	/* the generation of a fault during the driver's probe */

static int bind(struct pci_dev *pdev, const struct pci_device_id *id)
{
	probe_generation = slot_of(pdev)->generation;
	return probe_result;
}

static struct pci_driver driver = { .name = DRIVER, .id_table = driver_ids, .probe = bind };

/* Makes the table and finds the device, whose slot is then known. */
static struct pci_dev *begin(unsigned int devices)
{
	struct pci_dev *pdev = pci_get_device(VENDOR, DEVICE, NULL);

	if (!expect(pdev))
		return NULL;
	if (check_begin(devices, 8))
		return pdev;
	pci_dev_put(pdev);
	return NULL;
}

static void end(struct pci_dev *pdev)
{
	faultcast_identity_exit();
	pci_dev_put(pdev);
	check_end();
}

static void expect_generation(struct pci_dev *pdev, u32 generation, const char *driver_name)
{
	struct faultcast_identity id = { };

	if (!expect(faultcast_identity_read(slot_of(pdev), generation, &id)))
		return;
	expect_eq(id.generation, generation);
	expect_eq(id.vendor, VENDOR);
	expect_eq(id.device, DEVICE);
	if (!expect(!strcmp(id.driver, driver_name)))
		check_note("generation %u has driver \"%s\"", generation, id.driver);
}

/* Checks that this is the newest generation. */
static void expect_newest(struct pci_dev *pdev, u32 generation, const char *driver_name)
{
	struct faultcast_identity id = { };

	expect_generation(pdev, generation, driver_name);
	expect_eq(slot_of(pdev)->generation, generation);
	expect(faultcast_identity_read(slot_of(pdev), 0, &id));
	expect_eq(id.generation, generation);
}

static void expect_gone(struct pci_dev *pdev, u32 generation)
{
	struct faultcast_identity id;

	expect(!faultcast_identity_read(slot_of(pdev), generation, &id));
}

static void every_device_at_load(void)
{
	struct pci_dev *ours = begin(1024), *pdev = NULL;
	struct faultcast_identity id;
	unsigned int n = 0;

	if (!ours)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	for_each_pci_dev(pdev) {
		n++;
		expect(slot_of(pdev)->present);
		expect_eq(slot_of(pdev)->generation, 1);
		if (!expect(faultcast_identity_read(slot_of(pdev), 1, &id)))
			continue;
		expect_eq(id.vendor, pdev->vendor);
		expect_eq(id.device, pdev->device);
		expect_eq(id.subsystem_vendor, pdev->subsystem_vendor);
		expect_eq(id.subsystem_device, pdev->subsystem_device);
		expect_eq(id.class, pdev->class);
		expect_eq(id.revision, pdev->revision);
		expect_eq(id.serial, 0);
		expect(!strcmp(id.driver, pdev->dev.driver ? pdev->dev.driver->name : ""));
	}
	expect(n > 1);
	expect_eq(check_used_slots(), n);
	end(ours);
}

static void a_driver_comes_and_goes(void)
{
	struct pci_dev *pdev = begin(1024);

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	expect_newest(pdev, 1, "");
	expect_eq(pci_register_driver(&driver), 0);
	expect_eq(probe_generation, 2);
	expect_newest(pdev, 2, DRIVER);
	expect_generation(pdev, 1, "");
	pci_unregister_driver(&driver);
	expect_newest(pdev, 3, "");
	expect_generation(pdev, 2, DRIVER);
	expect_generation(pdev, 1, "");
	expect_gone(pdev, 4);
	end(pdev);
}

static void a_driver_that_fails(void)
{
	struct pci_dev *pdev = begin(1024);

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	probe_generation = 0;
	probe_result = -EIO;
	expect_eq(pci_register_driver(&driver), 0);
	probe_result = 0;
	expect_eq(probe_generation, 2);
	expect_generation(pdev, 2, DRIVER);
	expect_newest(pdev, 3, "");
	pci_unregister_driver(&driver);
	expect_newest(pdev, 3, "");
	end(pdev);
}

/*
 * Removes @pdev and drops its reference. Returns the device that the kernel then finds in
 * its place.
 */
static struct pci_dev *replace(struct pci_dev *pdev, void (*between)(struct faultcast_slot *slot))
{
	struct pci_bus *bus = pdev->bus;
	unsigned int devfn = pdev->devfn;

	pci_stop_and_remove_bus_device_locked(pdev);
	between(slot_of(pdev));
	pci_dev_put(pdev);
	pci_lock_rescan_remove();
	pci_rescan_bus(bus);
	pci_unlock_rescan_remove();
	return pci_get_slot(bus, devfn);
}

static void expect_absent(struct faultcast_slot *slot)
{
	struct faultcast_identity id;

	expect(!slot->present);
	expect_eq(slot->generation, 1);
	expect(faultcast_identity_read(slot, 1, &id));
	expect_eq(id.device, DEVICE);
}

static void a_card_is_replaced(void)
{
	struct pci_dev *pdev = begin(1024);

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	expect(slot_of(pdev)->present);
	pdev = replace(pdev, expect_absent);
	if (expect(pdev)) {
		expect(slot_of(pdev)->present);
		expect_newest(pdev, 2, "");
		expect_generation(pdev, 1, "");
	}
	end(pdev);
}

static void eight_are_kept(void)
{
	struct pci_dev *pdev = begin(1024);
	u32 generation = 1, i;

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	while (generation < 3 * KEPT) {
		if (generation & 1)
			expect_eq(pci_register_driver(&driver), 0);
		else
			pci_unregister_driver(&driver);
		generation++;
		expect_newest(pdev, generation, generation & 1 ? "" : DRIVER);
		for (i = 1; i < generation; i++)
			if (i + KEPT > generation)
				expect_generation(pdev, i, i & 1 ? "" : DRIVER);
			else
				expect_gone(pdev, i);
	}
	pci_unregister_driver(&driver);
	end(pdev);
}

static void nothing_changed(void)
{
	struct pci_dev *pdev = begin(1024);

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	/*
	 * A fault had generation 0. The look-up finds the same identity, so there is no
	 * new generation.
	 */
	expect_eq(faultcast_identity_resolve(slot_of(pdev)), 1);
	expect_newest(pdev, 1, "");
	expect_gone(pdev, 2);
	end(pdev);
}

static void no_slot_no_identity(void)
{
	struct pci_dev *pdev = begin(3), *other = NULL;
	unsigned int known = 0;

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	for_each_pci_dev(other)
		known += !!slot_of(other)->generation;
	expect_eq(known, 1);
	expect(!faultcast_slot_at(2)->identity);
	end(pdev);
}

static void raise(struct pci_dev *pdev)
{
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_dev(&pdev->dev),
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	};

	expect_eq(faultcast_raise(&ev), 0);
}

static void events_keep_their_generation(void)
{
	struct pci_dev *pdev = begin(1024);
	struct faultcast_event ev = { };
	u32 i;

	if (!pdev)
		return;
	expect_eq(faultcast_identity_init(false), 0);
	raise(pdev);
	expect_eq(pci_register_driver(&driver), 0);
	raise(pdev);
	pci_unregister_driver(&driver);
	raise(pdev);
	for (i = 1; i <= 3; i++) {
		expect(check_pop(&ev));
		expect_eq(ev.generation, i);
		expect_generation(pdev, ev.generation, i == 2 ? DRIVER : "");
	}
	end(pdev);
}

/* Starts the worker with a device that it does not know, because no identity was read yet. */
static struct pci_dev *begin_unknown(void)
{
	struct pci_dev *pdev = begin(1024);

	if (!pdev)
		return NULL;
	atomic_set(&check_num_notified, 0);
	if (expect_eq(faultcast_log_init(16), 0)) {
		if (expect_eq(faultcast_worker_init(&check_sink), 0)) {
			faultcast_queue_exit();
			if (expect_eq(faultcast_queue_init(8, faultcast_worker_wake), 0))
				return pdev;
			faultcast_worker_exit();
		}
		faultcast_log_exit();
	}
	end(pdev);
	return NULL;
}

static void end_unknown(struct pci_dev *pdev)
{
	faultcast_queue_sync();
	faultcast_worker_drain();
	faultcast_worker_exit();
	faultcast_log_exit();
	end(pdev);
}

/* Waits until the worker has handed on @count events. */
static void expect_notified(int count)
{
	faultcast_queue_sync();
	faultcast_worker_drain();
	expect_eq(atomic_read(&check_num_notified), count);
}

static void found_late(void)
{
	struct pci_dev *pdev = begin_unknown();

	if (!pdev)
		return;
	raise(pdev);
	expect_notified(1);
	expect_eq(check_notified[0].generation, 1);
	expect_eq(check_notified[0].flags, FAULTCAST_EVENT_F_IDENTITY_LATE);
	expect_newest(pdev, 1, "");
	/* From then on the device is known. */
	raise(pdev);
	expect_notified(2);
	expect_eq(check_notified[1].generation, 1);
	expect_eq(check_notified[1].flags, 0);
	end_unknown(pdev);
}

static void no_device_there(void)
{
	struct pci_dev *pdev = begin_unknown();
	struct faultcast_event ev = { .kind = FAULTCAST_KIND_IO_PAGE_FAULT };
	struct faultcast_slot *slot;

	if (!pdev)
		return;
	ev.slot = faultcast_slot_claim_pci(0, 0x7f00);
	slot = faultcast_slot_at(ev.slot);
	expect_eq(faultcast_raise(&ev), 0);
	expect_notified(1);
	expect_eq(check_notified[0].generation, 0);
	expect_eq(check_notified[0].flags, 0);
	expect(!slot->identity);
	/* The device was looked up once, and is not looked up again. */
	expect(slot->resolved);
	ev.slot = FAULTCAST_SLOT_UNKNOWN;
	expect_eq(faultcast_raise(&ev), 0);
	expect_notified(2);
	expect_eq(check_notified[1].generation, 0);
	end_unknown(pdev);
}

/*
 * A driver that is just binding holds the device's lock. The worker does not wait for the
 * lock, and looks again with the first event a second later.
 */
static void while_a_driver_binds(void)
{
	struct pci_dev *pdev = begin_unknown();
	struct faultcast_slot *slot;

	if (!pdev)
		return;
	device_lock(&pdev->dev);
	raise(pdev);
	expect_notified(1);
	expect_eq(check_notified[0].generation, 0);
	expect_eq(check_notified[0].flags, 0);
	device_unlock(&pdev->dev);
	slot = faultcast_slot_at(faultcast_slot_claim_dev(&pdev->dev));
	expect(slot->resolve_after);
	slot->resolve_after = get_jiffies_64() + HZ;
	raise(pdev);
	expect_notified(2);
	expect_eq(check_notified[1].generation, 0);
	slot->resolve_after = 0;
	raise(pdev);
	expect_notified(3);
	expect_eq(check_notified[2].generation, 1);
	expect_eq(check_notified[2].flags, FAULTCAST_EVENT_F_IDENTITY_LATE);
	end_unknown(pdev);
}

static const struct check_case cases[] = {
	{ "every device has one from the start", every_device_at_load },
	{ "binding and unbinding a driver make a new generation", a_driver_comes_and_goes },
	{ "a driver is known during its probe, and not after a failure", a_driver_that_fails },
	{ "a card that is removed and found again", a_card_is_replaced },
	{ "eight generations are kept, and the next one evicts the oldest", eight_are_kept },
	{ "without a change there is no new generation", nothing_changed },
	{ "without a slot there is no identity", no_slot_no_identity },
	{ "events keep their generation", events_keep_their_generation },
	{ "an identity found after the event is marked as late", found_late },
	{ "no device there: no identity", no_device_there },
	{ "while a driver binds the worker does not wait", while_a_driver_binds },
};

const struct check_group check_identity =
	CHECK_GROUP("identity", cases, struct check_case, check_run_case);
