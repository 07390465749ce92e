// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the reader of the AMD IOMMU's event log (kmod/probe/amd_log.c) raises each record once,
 * for the device that caused it or for the IOMMU, and writes neither registers nor the log.
 * A record that the hardware has not written yet is waited for, and counted without contents if
 * it does not come. A struct of the driver is found by the address of its registers, and any
 * other pointer is nobody's.
 *
 * The registers and the log are memory. The test plays the hardware and the driver.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "check.h"
#include "core/blame.h"
#include "core/iommu.h"
#include "probe/amd_decode.h"
#include "probe/amd_log.h"
#include "tables/amd.h"

#define REGISTERS	0x4000
#define ENTRIES		16
#define SEGMENT		2
#define WORDS		4

struct fake {
	struct amd_unit unit;
	u32 *log;
	u32 head, tail;		/* places */
	u32 numbers;
};

static void set_registers(struct fake *fake)
{
	writel(fake->head * AMD_EVT_LEN, fake->unit.reg + AMD_EVT_HEAD);
	writel(fake->tail * AMD_EVT_LEN, fake->unit.reg + AMD_EVT_TAIL);
}

static bool fake_begin(struct fake *fake)
{
	void *reg = kzalloc(REGISTERS, GFP_KERNEL);

	*fake = (struct fake) { .log = kcalloc(ENTRIES, AMD_EVT_LEN, GFP_KERNEL) };
	fake->unit.reg = (void __iomem *)reg;
	fake->unit.log = fake->log;
	raw_spin_lock_init(&fake->unit.lock);
	amd_log_begin(&fake->unit, ENTRIES);
	if (!expect(reg && fake->log) || !expect(check_begin(256, 256)))
		goto err;
	fake->unit.iommu = faultcast_iommu_add(FAULTCAST_IOMMU_TYPE_AMD, "ivhd7", 0xfeb80000,
					       SEGMENT);
	if (expect(fake->unit.iommu))
		return true;
	check_end();
err:
	kfree(reg);
	kfree(fake->log);
	return false;
}

static void fake_end(struct fake *fake)
{
	faultcast_iommu_exit();
	check_end();
	kfree((void __force *)fake->unit.reg);
	kfree(fake->log);
}

static void record(struct fake *fake, const u32 *words)
{
	memcpy(fake->log + fake->tail * WORDS, words, AMD_EVT_LEN);
	fake->tail = (fake->tail + 1) % ENTRIES;
	set_registers(fake);
}

/* A page fault whose requester and address are its number. */
static void record_fault(struct fake *fake)
{
	u32 n = ++fake->numbers, words[WORDS];
	const struct amd_test_record fault = { RECORD(2, RW, n, 0, n) };

	amd_test_words(&fault, words);
	record(fake, words);
}

/* The driver takes all records, and erases them as it does with most types. */
static void drive(struct fake *fake)
{
	for (; fake->head != fake->tail; fake->head = (fake->head + 1) % ENTRIES)
		memset(fake->log + fake->head * WORDS, 0, AMD_EVT_LEN);
	set_registers(fake);
}

/* Looks, and checks that nothing was written. */
static void look(struct fake *fake, bool again)
{
	u32 *log = kmemdup(fake->log, ENTRIES * AMD_EVT_LEN, GFP_KERNEL);
	void *reg = kmemdup((void __force *)fake->unit.reg, REGISTERS, GFP_KERNEL);

	if (again)
		amd_log_look_again(&fake->unit);
	else
		amd_log_look(&fake->unit);
	if (expect(log && reg)) {
		expect(!memcmp(log, fake->log, ENTRIES * AMD_EVT_LEN));
		expect(!memcmp(reg, (void __force *)fake->unit.reg, REGISTERS));
	}
	kfree(log);
	kfree(reg);
}

/* The faults with the numbers @from to @to were raised, and no others. */
static void expect_raised(u32 from, u32 to)
{
	struct faultcast_event ev;

	for (; from <= to; from++)
		if (!expect(check_pop(&ev)) || !expect_eq(ev.iova, from) ||
		    !expect_eq(ev.slot, faultcast_slot_claim_pci(SEGMENT, from)))
			return;
	expect(!check_pop(&ev));
}

/* Whether @ev is in the slot of the culprit, with the requester if that is the host. */
static void expect_blamed(const struct fake *fake, const struct faultcast_event *ev,
			  const struct amd_test_record *test, enum faultcast_blame blame,
			  u32 reason)
{
	struct faultcast_event want = test->want;

	expect_eq(ev->iommu, fake->unit.iommu->slot);
	expect_eq(ev->iommu_type, FAULTCAST_IOMMU_TYPE_AMD);
	if (blame == FAULTCAST_BLAME_HOST) {
		want.kind = FAULTCAST_KIND_IOMMU_ERROR;
		want.has |= test->known ? FAULTCAST_HAS_RELATED : 0;
		expect_eq(ev->slot, fake->unit.iommu->slot);
		expect_eq(ev->related_segment, test->known ? SEGMENT : 0);
		expect_eq(ev->related_bdf, test->bdf);
		expect_eq(atomic64_read(&fake->unit.iommu->errors[reason]), 1);
	} else {
		expect_eq(ev->slot, faultcast_slot_claim_pci(SEGMENT, test->bdf));
	}
	if (!expect(amd_record_is(ev, &want)))
		check_note("kind %u access %u reason %#x flags %#x iova %#llx has %#x", ev->kind,
			   ev->access, ev->reason, ev->iommu_flags, ev->iova, ev->has);
}

static void run_record(const void *row)
{
	const struct amd_test_record *test = row;
	enum faultcast_blame blame;
	struct faultcast_event ev;
	struct fake fake;
	u32 reason, words[WORDS];

	if (!fake_begin(&fake))
		return;
	blame = faultcast_blame(FAULTCAST_IOMMU_TYPE_AMD, test->want.reason,
				test->want.iommu_flags, &reason);
	amd_test_words(test, words);
	record(&fake, words);
	look(&fake, false);
	if (blame == FAULTCAST_BLAME_STALL)
		expect_eq(atomic64_read(&fake.unit.iommu->stalls), 1);
	else if (expect(check_pop(&ev)))
		expect_blamed(&fake, &ev, test, blame, reason);
	expect(!check_pop(&ev));
	fake_end(&fake);
}

static void each_record_once(void)
{
	struct fake fake;
	u32 round, n;

	if (!fake_begin(&fake))
		return;
	look(&fake, false);
	for (round = 0; round < 10; round++) {
		u32 first = fake.numbers + 1;

		for (n = 0; n < 5; n++)
			record_fault(&fake);
		look(&fake, false);
		record_fault(&fake);
		/* The driver passes the second hook for each record. */
		for (n = 0; n < 6; n++)
			look(&fake, true);
		drive(&fake);
		look(&fake, false);
		expect_raised(first, fake.numbers);
	}
	expect_eq(fake.unit.ring.resumed, 0);
	fake_end(&fake);
}

/* Most calls of the second hook read no register. */
static void looks_are_saved(void)
{
	struct fake fake;
	u32 n;

	if (!fake_begin(&fake))
		return;
	for (n = 0; n < 8; n++)
		record_fault(&fake);
	look(&fake, false);
	record_fault(&fake);
	for (n = 0; n < 7; n++)
		look(&fake, true);
	expect_raised(1, 8);
	look(&fake, true);
	expect_raised(9, 9);
	fake_end(&fake);
}

static void a_resume(void)
{
	struct fake fake;
	u32 n;

	if (!fake_begin(&fake))
		return;
	for (n = 0; n < 3; n++)
		record_fault(&fake);
	look(&fake, false);
	drive(&fake);
	expect_raised(1, 3);
	fake.head = 0;
	fake.tail = 0;
	amd_log_begin(&fake.unit, ENTRIES);
	for (n = 0; n < 5; n++)
		record_fault(&fake);
	look(&fake, false);
	expect_raised(4, 8);
	expect_eq(fake.unit.ring.resumed, 0);
	fake_end(&fake);
}

static void a_record_that_does_not_come(void)
{
	static const u32 nothing[WORDS];
	struct faultcast_event ev;
	struct fake fake;
	u64 start;
	u32 n;

	if (!fake_begin(&fake))
		return;
	for (n = 0; n < 10; n++)
		record(&fake, nothing);
	start = ktime_get_ns();
	look(&fake, false);
	expect(ktime_get_ns() - start < 100 * NSEC_PER_MSEC);
	for (n = 0; n < 10; n++)
		if (expect(check_pop(&ev)))
			expect_eq(ev.slot, fake.unit.iommu->slot);
	expect(!check_pop(&ev));
	fake_end(&fake);
}

static const struct check_case cases[] = {
	{ "each record once, while the driver takes them", each_record_once },
	{ "a look that found n saves n - 1", looks_are_saved },
	{ "after a resume from the beginning", a_resume },
	{ "a record that is never written", a_record_that_does_not_come },
};

const struct check_group check_amd_records =
	CHECK_GROUP("amd records", amd_records, struct amd_test_record, run_record);
const struct check_group check_amd = CHECK_GROUP("amd", cases, struct check_case, check_run_case);
