// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the table of slots (kmod/core/slot.c) gives one device one slot and two devices
 * two, whatever the hashes of their keys are. A search in a full table is bounded and
 * loses no count. A device that is not on PCI has its name. For claims from all CPUs at
 * once see claims.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "check.h"

static struct faultcast_slot *slot(u32 index)
{
	return faultcast_slot_at(index);
}

static u32 overflow(void)
{
	return faultcast_slot_num() - 1;
}

void check_release_slot(u32 index)
{
	memset(slot(index), 0, sizeof(struct faultcast_slot));
}

/* The place where the search for a key begins, found with an empty table. */
static u32 home(u32 segment, u16 bdf)
{
	u32 index = faultcast_slot_claim_pci(segment, bdf);

	check_release_slot(index);
	return index;
}

unsigned int check_find_colliding(u16 bdf, u16 *found, unsigned int count)
{
	u32 at = home(0, bdf), candidate;
	unsigned int n = 0;

	for (candidate = bdf; candidate <= U16_MAX && n < count; candidate++)
		if (home(0, candidate) == at)
			found[n++] = candidate;
	return n;
}

u32 check_used_slots(void)
{
	u32 i, n = 0;

	for (i = 1; i < overflow(); i++)
		n += !!atomic64_read(&slot(i)->key);
	return n;
}

static void a_new_table(void)
{
	u32 i;

	if (!check_begin(16, 2))
		return;
	expect_eq(faultcast_slot_num(), 16);
	expect_eq(check_used_slots(), 0);
	expect(atomic_read(&slot(FAULTCAST_SLOT_UNKNOWN)->ready));
	expect(atomic_read(&slot(overflow())->ready));
	for (i = 1; i < overflow(); i++)
		expect(!atomic_read(&slot(i)->ready) && !faultcast_slot_is_overflow(i));
	expect(faultcast_slot_is_overflow(overflow()));
	expect(!faultcast_slot_is_overflow(FAULTCAST_SLOT_UNKNOWN));
	check_end();
}

static const struct {
	u32 segment;
	u16 bdf;
} addresses[] = {
	{ 0, 0 }, { 0, 1 }, { 0, 0xffff }, { 1, 0 }, { 0xffff, 0xffff },
	/* The segment numbers of VMD do not fit in 16 bits. */
	{ 0x10000, 0x0300 }, { U32_MAX, 0xffff },
};

static void pci_devices(void)
{
	u32 index[ARRAY_SIZE(addresses)], segment, i, j;
	u16 bdf;

	if (!check_begin(64, 2))
		return;
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		index[i] = faultcast_slot_claim_pci(addresses[i].segment, addresses[i].bdf);
		expect(index[i] > FAULTCAST_SLOT_UNKNOWN && index[i] < overflow());
		expect(faultcast_slot_pci(slot(index[i]), &segment, &bdf));
		expect_eq(segment, addresses[i].segment);
		expect_eq(bdf, addresses[i].bdf);
		expect(atomic_read(&slot(index[i])->ready));
		expect(!slot(index[i])->name[0]);
		for (j = 0; j < i; j++)
			expect(index[i] != index[j]);
	}
	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		expect_eq(faultcast_slot_claim_pci(addresses[i].segment, addresses[i].bdf),
			  index[i]);
	expect_eq(check_used_slots(), ARRAY_SIZE(addresses));
	check_end();
}

static void keys_that_collide(void)
{
	u16 bdf[10];
	u32 index[ARRAY_SIZE(bdf)], i, j;

	if (!check_begin(64, 2))
		return;
	/* The keys begin at the last place, so that the search wraps around. */
	for (i = 0; home(0, i) != overflow() - 1; i++)
		;
	expect_eq(check_find_colliding(i, bdf, ARRAY_SIZE(bdf)), ARRAY_SIZE(bdf));
	for (i = 0; i < ARRAY_SIZE(bdf); i++) {
		index[i] = faultcast_slot_claim_pci(0, bdf[i]);
		expect(index[i] > FAULTCAST_SLOT_UNKNOWN && index[i] < overflow());
		for (j = 0; j < i; j++)
			expect(index[i] != index[j]);
	}
	for (i = 0; i < ARRAY_SIZE(bdf); i++)
		expect_eq(faultcast_slot_claim_pci(0, bdf[i]), index[i]);
	expect_eq(check_used_slots(), ARRAY_SIZE(bdf));
	check_end();
}

static void a_full_table(void)
{
	u32 index[6], i, segment;
	u16 bdf;
	struct faultcast_event ev = { .kind = FAULTCAST_KIND_IO_PAGE_FAULT };

	if (!check_begin(ARRAY_SIZE(index) + 2, 2))
		return;
	for (i = 0; i < ARRAY_SIZE(index); i++) {
		index[i] = faultcast_slot_claim_pci(0, i);
		expect(index[i] < overflow());
	}
	expect_eq(check_used_slots(), ARRAY_SIZE(index));
	for (i = ARRAY_SIZE(index); i < 100; i++) {
		ev.slot = faultcast_slot_claim_pci(0, i);
		expect_eq(ev.slot, overflow());
		faultcast_slot_count(&ev);
	}
	expect_eq(faultcast_slot_claim_name("nvlink", "gpu0"), overflow());
	expect_eq(faultcast_slot_raised(slot(overflow())), 100 - ARRAY_SIZE(index));
	expect(!faultcast_slot_pci(slot(overflow()), &segment, &bdf));
	for (i = 0; i < ARRAY_SIZE(index); i++)
		expect_eq(faultcast_slot_claim_pci(0, i), index[i]);
	check_end();
}

/* CLAIM_STEPS of core/slot.c: the maximum cost of a fault whose device finds no slot. */
#define STEPS	64

static void a_long_search_ends(void)
{
	u16 *bdf = kcalloc(STEPS + 1, sizeof(*bdf), GFP_KERNEL);
	u32 i;

	if (!expect(bdf))
		return;
	if (check_begin(256, 2)) {
		expect_eq(check_find_colliding(0, bdf, STEPS + 1), STEPS + 1);
		for (i = 0; i < STEPS; i++)
			expect(faultcast_slot_claim_pci(0, bdf[i]) < overflow());
		expect_eq(check_used_slots(), STEPS);
		expect_eq(faultcast_slot_claim_pci(0, bdf[STEPS]), overflow());
		expect(faultcast_slot_claim_pci(0, bdf[STEPS - 1]) < overflow());
		check_end();
	}
	kfree(bdf);
}

static void a_pci_device(void)
{
	struct pci_dev *pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, NULL);
	u32 index, segment;
	u16 bdf;

	if (!expect(pdev))
		return;
	if (check_begin(16, 2)) {
		index = faultcast_slot_claim_dev(&pdev->dev);
		expect(faultcast_slot_pci(slot(index), &segment, &bdf));
		expect_eq(segment, pci_domain_nr(pdev->bus));
		expect_eq(bdf, pci_dev_id(pdev));
		expect_eq(faultcast_slot_claim_pci(segment, bdf), index);
		expect_eq(faultcast_slot_claim_name("pci", pci_name(pdev)), index);
		expect_eq(check_used_slots(), 1);
		check_end();
	}
	pci_dev_put(pdev);
}

static void the_device_that_is_null(void)
{
	struct faultcast_event ev = {
		.slot = FAULTCAST_SLOT_UNKNOWN, .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	};
	u32 segment;
	u16 bdf;

	if (!check_begin(16, 2))
		return;
	expect_eq(faultcast_slot_claim_dev(NULL), FAULTCAST_SLOT_UNKNOWN);
	expect_eq(faultcast_slot_claim_name("cxl", NULL), FAULTCAST_SLOT_UNKNOWN);
	expect_eq(check_used_slots(), 0);
	faultcast_slot_count(&ev);
	expect_eq(faultcast_slot_raised(slot(FAULTCAST_SLOT_UNKNOWN)), 1);
	expect(!faultcast_slot_pci(slot(FAULTCAST_SLOT_UNKNOWN), &segment, &bdf));
	check_end();
}

static void a_platform_device(void)
{
	struct platform_device *pdev = platform_device_register_simple("faultcast_dev", 3, NULL, 0);
	u32 index, segment;
	u16 bdf;

	if (!expect(!IS_ERR(pdev)))
		return;
	if (check_begin(16, 2)) {
		index = faultcast_slot_claim_dev(&pdev->dev);
		expect(index > FAULTCAST_SLOT_UNKNOWN && index < overflow());
		expect(atomic_read(&slot(index)->ready));
		if (!expect(!strcmp(slot(index)->name, "platform/faultcast_dev.3")))
			check_note("name: %s", slot(index)->name);
		expect_eq(faultcast_slot_claim_dev(&pdev->dev), index);
		expect_eq(faultcast_slot_claim_name("platform", "faultcast_dev.3"), index);
		expect(!faultcast_slot_pci(slot(index), &segment, &bdf));
		check_end();
	}
	platform_device_unregister(pdev);
}

/* A device without bus and name can fault too. */
static void a_device_of_no_bus(void)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!expect(dev))
		return;
	if (check_begin(16, 2)) {
		u32 index = faultcast_slot_claim_dev(dev);

		expect(index > FAULTCAST_SLOT_UNKNOWN && index < overflow());
		expect(!strcmp(slot(index)->name, "none/unnamed"));
		check_end();
	}
	kfree(dev);
}

static void names(void)
{
	static const char longest[] =
		"a-name-that-is-longer-than-the-sixty-three-letters-that-a-slot-holds-of-it";
	u32 index[32], segment, i, j;
	char name[8];
	u16 bdf;

	if (!check_begin(128, 2))
		return;
	for (i = 0; i < ARRAY_SIZE(index); i++) {
		snprintf(name, sizeof(name), "dev%u", i / 2);
		index[i] = faultcast_slot_claim_name(i & 1 ? "cxl" : "platform", name);
		expect(index[i] < overflow());
		/* The result does not depend on the upper bits of a hash. */
		expect(!faultcast_slot_pci(slot(index[i]), &segment, &bdf));
		for (j = 0; j < i; j++)
			expect(index[i] != index[j]);
	}
	i = faultcast_slot_claim_name("cxl", longest);
	expect_eq(strlen(slot(i)->name), FAULTCAST_NAME_LEN - 1);
	expect(!strncmp(slot(i)->name, "cxl/a-name", 10));
	expect(faultcast_slot_claim_name("cxl", longest + 1) != i);
	expect_eq(faultcast_slot_claim_name("cxl", longest), i);
	check_end();
}

/* The AER driver passes text. Text in the form of an address is an address. */
/* Text in the form that the netlink interface uses. */
static void labels(void)
{
	static const char *const wrong[] = { "", "/", "cxl", "cxl/", "/mem0", "overflow" };
	u32 index = U32_MAX, i;

	if (!check_begin(16, 2))
		return;
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		expect_eq(faultcast_slot_request_label(wrong[i], true, &index), -EINVAL);
	expect_eq(index, U32_MAX);
	expect_eq(check_used_slots(), 0);
	expect_eq(faultcast_slot_request_label("unknown", true, &index), 0);
	expect_eq(index, FAULTCAST_SLOT_UNKNOWN);
	expect_eq(faultcast_slot_request_label("cxl/mem0", true, &index), 0);
	expect_eq(faultcast_slot_claim_name("cxl", "mem0"), index);
	expect(!strcmp(slot(index)->name, "cxl/mem0"));
	expect_eq(faultcast_slot_request_label("platform/a/b", true, &index), 0);
	expect_eq(faultcast_slot_claim_name("platform", "a/b"), index);
	expect_eq(check_used_slots(), 2);
	check_end();
}

/* A request that may not claim finds only what is there. */
static void found_not_claimed(void)
{
	u32 index = U32_MAX, claimed;

	if (!check_begin(16, 2))
		return;
	expect_eq(faultcast_slot_request_pci(0, 0x300, false, &index), -ENODEV);
	expect(faultcast_slot_is_overflow(index));
	expect_eq(faultcast_slot_request_label("cxl/mem0", false, &index), -ENODEV);
	expect_eq(check_used_slots(), 0);
	claimed = faultcast_slot_claim_pci(0, 0x300);
	expect_eq(faultcast_slot_request_pci(0, 0x300, false, &index), 0);
	expect_eq(index, claimed);
	claimed = faultcast_slot_claim_name("cxl", "mem0");
	expect_eq(faultcast_slot_request_label("cxl/mem0", false, &index), 0);
	expect_eq(index, claimed);
	expect_eq(check_used_slots(), 2);
	check_end();
}

/* However many devices are injected, a card that is plugged in later gets a slot. */
static void requests_leave_room(void)
{
	u32 index, first = 0, i;

	if (!check_begin(66, 2))
		return;
	for (i = 0; i < 1000; i++) {
		int err = faultcast_slot_request_pci(0x8000, i, true, &index);

		expect_eq(err, i < 48 ? 0 : -ENODEV);
		expect_eq(faultcast_slot_is_overflow(index), i >= 48);
		if (!i)
			first = index;
	}
	expect_eq(check_used_slots(), 48);
	/* A device that has its slot keeps it. */
	expect_eq(faultcast_slot_request_pci(0x8000, 0, true, &index), 0);
	expect_eq(index, first);
	for (i = 0; i < 16; i++)
		expect(!faultcast_slot_is_overflow(faultcast_slot_claim_pci(0, i)));
	expect_eq(check_used_slots(), 64);
	check_end();
}

struct pci_name {
	const char *what;
	const char *name;
	bool pci;
	u32 segment;
	u16 bdf;
};

static const struct pci_name pci_names[] = {
	{ "an address", "0000:03:00.1", true, 0, 0x0301 },
	{ "the last address", "ffff:ff:1f.7", true, 0xffff, 0xffff },
	{ "upper case", "00AB:CD:1F.0", true, 0xab, 0xcdf8 },
	{ "a segment of VMD's", "10000:e1:00.0", true, 0x10000, 0xe100 },
	{ "function 8", "0000:03:00.8" },
	{ "device 20", "0000:03:20.0" },
	{ "bus 100", "0000:100:00.0" },
	{ "without a segment", "03:00.0" },
	{ "without a function", "0000:03:00" },
	{ "text behind the address", "0000:03:00.0:pcie001" },
	{ "text before the address", "mem0000:03:00.0" },
	{ "only digits", "03000" },
	{ "a wrong separator", "0000.03:00.0" },
	{ "nothing", "" },
};

static void run_name(const void *row)
{
	const struct pci_name *test = row;
	u32 index, segment = 0;
	u16 bdf = 0;

	if (!check_begin(16, 2))
		return;
	index = faultcast_slot_claim_name("cxl", test->name);
	expect_eq(faultcast_slot_pci(slot(index), &segment, &bdf), test->pci);
	expect_eq(segment, test->segment);
	expect_eq(bdf, test->bdf);
	expect_eq(!!slot(index)->name[0], !test->pci);
	check_end();
}

static int make_ready(void *arg)
{
	msleep(50);
	atomic_set_release(&slot(1)->ready, 1);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

static void waiting_for_a_name(void)
{
	struct task_struct *task;

	if (!check_begin(3, 2))
		return;
	/* The state that a claiming task leaves if it is preempted in the middle. */
	atomic64_set(&slot(1)->key, 1);
	task = kthread_run(make_ready, NULL, "faultcast_ready");
	if (expect(!IS_ERR(task))) {
		expect(!atomic_read(&slot(1)->ready));
		faultcast_slot_wait(1);
		expect(atomic_read(&slot(1)->ready));
		kthread_stop(task);
	}
	faultcast_slot_wait(FAULTCAST_SLOT_UNKNOWN);
	faultcast_slot_wait(overflow());
	check_end();
}

static const struct check_case cases[] = {
	{ "a new table", a_new_table },
	{ "addresses have slots of their own", pci_devices },
	{ "keys that hash to the same place", keys_that_collide },
	{ "devices beyond a full table are counted together", a_full_table },
	{ "a long search ends, with places left", a_long_search_ends },
	{ "a PCI device has the slot of its address", a_pci_device },
	{ "a device pointer that is NULL", the_device_that_is_null },
	{ "a platform device is named with its bus", a_platform_device },
	{ "a device without bus and name", a_device_of_no_bus },
	{ "names have slots of their own", names },
	{ "a slot is found by its name on the wire", labels },
	{ "a request that may not claim finds only what is there", found_not_claimed },
	{ "requests leave a quarter of the slots", requests_leave_room },
	{ "a reader of the name waits until it is ready", waiting_for_a_name },
};

const struct check_group check_slots =
	CHECK_GROUP("slots", cases, struct check_case, check_run_case);
const struct check_group check_names =
	CHECK_GROUP("slots of names", pci_names, struct pci_name, run_name);
