// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: triggers, recoveries and changes of slots are decoded as in user space. A change
 * of a slot before Linux 7.0 is the events that the tracepoint of 7.0 would make, in its
 * order. The probe follows no address in a private structure of the driver that is not the
 * address of a device of this machine.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "check.h"
#include "core/known.h"
#include "probe/pcie_decode.h"
#include "probe/pciehp.h"
#include "tables/pcie.h"

#define PORT_BDF	0x28

/* The beginning of the private structures of the driver pciehp. */
struct fake_service {
	int irq;
	const void *port;
};

struct fake {
	struct pci_dev port;
	struct pci_bus bus;
	struct list_head device;
	struct fake_service service;
	const void *controller;
};

static void fake_end(struct fake *fake)
{
	faultcast_known_exit();
	check_end();
	kfree(fake);
}

/* A port, with a device behind it if @on; NULL if there is no memory. */
static struct fake *fake_begin(bool on)
{
	struct fake *fake = kzalloc(sizeof(*fake), GFP_KERNEL);

	if (!expect(fake) || !check_begin(16, 16)) {
		kfree(fake);
		return NULL;
	}
	INIT_LIST_HEAD(&fake->bus.devices);
	if (on)
		list_add(&fake->device, &fake->bus.devices);
	fake->port.subordinate = &fake->bus;
	fake->service.port = &fake->port;
	fake->controller = &fake->service;
	faultcast_known_add(&fake->port, faultcast_slot_claim_pci(0, PORT_BDF));
	return fake;
}

static void expect_change(u32 slot, u8 change)
{
	struct faultcast_event ev = { };

	expect(check_pop(&ev));
	expect_eq(ev.kind, FAULTCAST_KIND_HOTPLUG);
	expect_eq(ev.hotplug, change);
	expect_eq(ev.slot, slot);
}

static void run_slot_change(const void *row)
{
	const struct slot_change *test = row;
	struct fake *fake = fake_begin(test->on);
	u64 missed = pciehp_nmissed();
	struct faultcast_event ev;
	unsigned int i;

	if (!fake)
		return;
	pciehp_begin(&fake->controller, test->events);
	/* The driver asks for the link in other places too. */
	pciehp_link(true);
	pciehp_card(test->present);
	pciehp_link(test->active);
	pciehp_card(true);
	pciehp_link(true);
	for (i = 0; i < test->num; i++)
		expect_change(faultcast_slot_claim_pci(0, PORT_BDF), test->want[i]);
	expect(!check_pop(&ev));
	expect_eq(pciehp_nmissed(), missed);
	fake_end(fake);
}

static void run_dpc_status(const void *row)
{
	const struct dpc_status *test = row;

	expect_eq(pcie_decode_dpc(test->status), test->want);
	expect_eq(pcie_decode_dpc_has_source(test->status), test->source);
}

static void run_ers_result(const void *row)
{
	const struct ers_result *test = row;

	expect_eq(pcie_decode_recovery(test->result), test->want);
}

/* One event of no known device, and nothing of the answers that follow. */
static void expect_unknown(const void *controller)
{
	struct faultcast_event ev;

	pciehp_begin(controller, PDC | DLLSC);
	pciehp_card(true);
	pciehp_link(true);
	expect_change(FAULTCAST_SLOT_UNKNOWN, FAULTCAST_HOTPLUG_OTHER);
	expect(!check_pop(&ev));
}

static void garbage(void)
{
	struct fake *fake = fake_begin(true);
	const void *wild[] = { NULL, (void *)8, (void *)-1L, (void *)0xdead000000000100UL, NULL };
	unsigned int i;

	if (!fake)
		return;
	wild[ARRAY_SIZE(wild) - 1] = &fake->bus;	/* memory, but no device */
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		expect_unknown(wild[i]);
		fake->service.port = wild[i];
		expect_unknown(&fake->controller);
		fake->service.port = &fake->port;
		fake->controller = wild[i];
		expect_unknown(&fake->controller);
		fake->controller = &fake->service;
	}
	fake_end(fake);
}

/* A port whose bus cannot be read has no devices behind it. */
static void garbage_behind_the_port(void)
{
	struct fake *fake = fake_begin(true);
	struct faultcast_event ev;

	if (!fake)
		return;
	fake->port.subordinate = (void *)8;
	pciehp_begin(&fake->controller, PDC | DLLSC);
	pciehp_card(false);
	pciehp_link(false);
	expect(!check_pop(&ev));
	fake_end(fake);
}

static void answers_that_are_not_seen(void)
{
	struct fake *fake = fake_begin(false);
	u64 missed = pciehp_nmissed();

	if (!fake)
		return;
	pciehp_begin(&fake->controller, PDC);
	expect_eq(pciehp_nmissed(), missed);
	pciehp_begin(&fake->controller, PDC);
	expect_eq(pciehp_nmissed(), missed + 1);
	pciehp_card(true);
	pciehp_link(false);
	expect_change(faultcast_slot_claim_pci(0, PORT_BDF), CARD);
	fake_end(fake);
}

static const struct check_case cases[] = {
	{ "garbage in place of a device", garbage },
	{ "garbage behind the port", garbage_behind_the_port },
	{ "answers that are not seen are counted", answers_that_are_not_seen },
};

const struct check_group check_dpc =
	CHECK_GROUP("DPC status", dpc_statuses, struct dpc_status, run_dpc_status);
const struct check_group check_recovery =
	CHECK_GROUP("recovery", ers_results, struct ers_result, run_ers_result);
const struct check_group check_slot_changes =
	CHECK_GROUP("slot change", slot_changes, struct slot_change, run_slot_change);
const struct check_group check_pciehp =
	CHECK_GROUP("slot change", cases, struct check_case, check_run_case);
