// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the records of an SMMUv3's event queue (kmod/probe/smmuv3_look.c) become
 * events of the device whose stream it is, or of the unknown device with the stream id.
 * Stalls are counted and raise nothing. Both ways of an SMMU to tell that it dropped
 * records are noticed. QEMU's SMMU has neither stalls nor OVFLG.
 *
 * Registers and queue are memory, which the test fills as the hardware would.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "check.h"
#include "probe/probe.h"
#include "probe/smmuv3_decode.h"
#include "probe/smmuv3_look.h"

#define ENTRIES		256
#define WRAP		(2 * ENTRIES - 1)
#define OVFLG		BIT(31)
#define READS		BIT_ULL(35)
#define STALLED		BIT_ULL(31)

#define SID_PCI		0x20
#define SID_OTHER	0x21
#define SID_SHARED	0x22
#define SID_NONE	0x12345678
#define SEGMENT		3
#define BDF		0x4508

static struct fake {
	struct smmuv3_unit unit;
	struct faultcast_iommu iommu;
	u32 page[64];
	u32 queue_regs[2];	/* PROD, CONS */
	u64 queue[ENTRIES * SMMUV3_RECORD_WORDS];
	u64 overflows;
	u32 other;		/* the slot of the device that is not PCI */
} *fake;

static bool begin(void)
{
	if (!check_begin(64, 512))
		return false;
	fake = kzalloc(sizeof(*fake), GFP_KERNEL);
	if (!expect(fake)) {
		check_end();
		return false;
	}
	fake->iommu.type = FAULTCAST_IOMMU_TYPE_SMMUV3;
	fake->iommu.slot = faultcast_slot_claim_name("iommu", "smmu3.test");
	fake->other = faultcast_slot_claim_name("platform", "test");
	fake->unit.iommu = &fake->iommu;
	fake->unit.regs = (void __iomem *)fake->page;
	fake->unit.prod = (void __iomem *)fake->queue_regs;
	fake->unit.queue = fake->queue;
	fake->unit.ring = (struct faultcast_ring){ .entries = ENTRIES, .step = 1, .wraps = true };
	raw_spin_lock_init(&fake->unit.lock);
	xa_init(&fake->unit.streams);
	smmuv3_look_add_stream(&fake->unit, SID_PCI, SMMUV3_DEVICE_PCI(SEGMENT, BDF));
	smmuv3_look_add_stream(&fake->unit, SID_OTHER, SMMUV3_DEVICE_OTHER(fake->other));
	smmuv3_look_add_stream(&fake->unit, SID_SHARED, SMMUV3_DEVICE_PCI(SEGMENT, 1));
	smmuv3_look_add_stream(&fake->unit, SID_SHARED, SMMUV3_DEVICE_PCI(SEGMENT, 2));
	fake->overflows = atomic64_read(&faultcast_probe_hw_overflow);
	/* The events stay on this CPU. */
	preempt_disable();
	return true;
}

static void end(void)
{
	preempt_enable();
	atomic64_set(&faultcast_probe_hw_overflow, fake->overflows);
	xa_destroy(&fake->unit.streams);
	kfree(fake);
	check_end();
}

static u64 overflows(void)
{
	return atomic64_read(&faultcast_probe_hw_overflow) - fake->overflows;
}

/* The hardware writes a record. */
static void record(u8 type, u32 sid, u64 word1, u64 address)
{
	u32 prod = fake->queue_regs[0];
	u64 *at = &fake->queue[(prod & (ENTRIES - 1)) * SMMUV3_RECORD_WORDS];

	at[0] = (u64)sid << 32 | type;
	at[1] = word1;
	at[2] = address;
	fake->queue_regs[0] = (prod & ~WRAP) | ((prod + 1) & WRAP);
}

/* The driver takes @num records, with the hook before each, as in its interrupt thread. */
static void take(u32 num)
{
	while (num--) {
		smmuv3_look_take(&fake->unit);
		fake->queue_regs[1] = (fake->queue_regs[1] + 1) & WRAP;
	}
	smmuv3_look_take(&fake->unit);
}

static bool expect_event(struct faultcast_event *ev, u8 kind, u32 slot)
{
	return expect(check_pop(ev)) && expect_eq(ev->kind, kind) && expect_eq(ev->slot, slot) &&
	       expect_eq(ev->iommu, fake->iommu.slot) &&
	       expect_eq(ev->iommu_type, FAULTCAST_IOMMU_TYPE_SMMUV3);
}

static void devices(void)
{
	struct faultcast_event ev;

	if (!begin())
		return;
	record(0x10, SID_PCI, READS, 0x1000);
	record(0x13, SID_OTHER, 0, 0x2004);
	take(2);
	expect_event(&ev, FAULTCAST_KIND_IO_PAGE_FAULT, faultcast_slot_claim_pci(SEGMENT, BDF));
	expect_eq(ev.iova, 0x1000);
	expect_eq(ev.access, FAULTCAST_ACCESS_READ);
	expect_eq(ev.has, FAULTCAST_HAS_REASON | FAULTCAST_HAS_IOVA);
	expect_event(&ev, FAULTCAST_KIND_IO_PAGE_FAULT, fake->other);
	expect_eq(ev.iova, 0x2004);
	expect_eq(ev.access, FAULTCAST_ACCESS_WRITE);
	expect_eq(ev.has, FAULTCAST_HAS_REASON | FAULTCAST_HAS_IOVA);
	expect(!check_pop(&ev));
	end();
}

static void unknown_streams(void)
{
	static const u32 sids[] = { SID_NONE, SID_SHARED, SID_PCI };
	struct faultcast_event ev;
	u32 i;

	if (!begin())
		return;
	smmuv3_look_remove_stream(&fake->unit, SID_PCI, SMMUV3_DEVICE_PCI(SEGMENT, BDF));
	/* A device that leaves does not take along what is another's. */
	smmuv3_look_remove_stream(&fake->unit, SID_OTHER, SMMUV3_DEVICE_PCI(SEGMENT, BDF));
	for (i = 0; i < ARRAY_SIZE(sids); i++)
		record(0x10, sids[i], 0, 0x1000);
	record(0x10, SID_OTHER, 0, 0x1000);
	take(4);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		expect_event(&ev, FAULTCAST_KIND_IO_PAGE_FAULT, FAULTCAST_SLOT_UNKNOWN);
		expect(ev.has & FAULTCAST_HAS_STREAM);
		expect_eq(ev.stream_id, sids[i]);
	}
	expect_event(&ev, FAULTCAST_KIND_IO_PAGE_FAULT, fake->other);
	end();
}

static void errors_of_the_host(void)
{
	struct faultcast_event ev;

	if (!begin())
		return;
	record(0x04, SID_PCI, 0, 0);
	record(0x02, SID_NONE, 0, 0);
	take(2);
	expect_event(&ev, FAULTCAST_KIND_IOMMU_ERROR, fake->iommu.slot);
	expect_eq(ev.has, FAULTCAST_HAS_REASON | FAULTCAST_HAS_RELATED);
	expect_eq(ev.related_segment, SEGMENT);
	expect_eq(ev.related_bdf, BDF);
	expect_event(&ev, FAULTCAST_KIND_IOMMU_ERROR, fake->iommu.slot);
	expect_eq(ev.has, FAULTCAST_HAS_REASON | FAULTCAST_HAS_STREAM);
	expect_eq(ev.stream_id, SID_NONE);
	end();
}

static void stalls(void)
{
	struct faultcast_event ev;
	u32 used;

	if (!begin())
		return;
	used = check_used_slots();
	record(0x10, SID_PCI, STALLED, 0x1000);
	record(0x24, SID_PCI, 0, 0x1000);
	record(0x12, SID_PCI, STALLED | READS, 0x1000);
	take(3);
	expect_eq(atomic64_read(&fake->iommu.stalls), 3);
	expect(!check_pop(&ev));
	expect_eq(check_used_slots(), used);
	end();
}

static void overflow_flag(void)
{
	if (!begin())
		return;
	/* It was set before, and the driver has copied it. */
	fake->queue_regs[0] = OVFLG;
	fake->queue_regs[1] = OVFLG;
	smmuv3_look_take(&fake->unit);
	expect_eq(overflows(), 0);
	fake->queue_regs[0] ^= OVFLG;
	record(0x10, SID_PCI, 0, 0);
	take(1);
	smmuv3_look_take(&fake->unit);
	expect_eq(overflows(), 1);
	fake->queue_regs[0] ^= OVFLG;
	smmuv3_look_take(&fake->unit);
	expect_eq(overflows(), 2);
	expect_eq(fake->unit.ring.resumed, 0);
	end();
}

static void overflow_before_the_load(void)
{
	if (!begin())
		return;
	/* The driver has not copied it yet. */
	fake->queue_regs[0] = OVFLG;
	smmuv3_look_take(&fake->unit);
	smmuv3_look_take(&fake->unit);
	expect_eq(overflows(), 1);
	end();
}

static void global_error(void)
{
	static const struct {
		u32 error, acknowledged;
		u64 total;
	} steps[] = { { 0, 0, 0 }, { 4, 0, 1 }, { 4, 4, 1 }, { 0, 4, 2 }, { 3, 0, 2 },
		      { 7, 0, 3 } };
	u32 i;

	if (!begin())
		return;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		fake->page[SMMUV3_GERROR / 4] = steps[i].error;
		fake->page[SMMUV3_GERRORN / 4] = steps[i].acknowledged;
		smmuv3_look_gerror(&fake->unit);
		expect_eq(overflows(), steps[i].total);
	}
	end();
}

static void expect_addresses(u32 num)
{
	struct faultcast_event ev;
	u32 i;

	for (i = 0; i < num; i++)
		if (!expect(check_pop(&ev)) || !expect_eq(ev.iova, i))
			return;
	expect(!check_pop(&ev));
}

static void full_queue(void)
{
	u32 i;

	if (!begin())
		return;
	smmuv3_look_take(&fake->unit);
	for (i = 0; i < ENTRIES; i++)
		record(0x10, SID_PCI, 0, i);
	take(ENTRIES);
	expect_addresses(ENTRIES);
	expect_eq(fake->unit.ring.resumed, 0);
	end();
}

static void late_looks(void)
{
	u32 i;

	if (!begin())
		return;
	smmuv3_look_late(&fake->unit);
	for (i = 0; i < ENTRIES; i++)
		record(0x10, SID_PCI, 0, i);
	fake->queue_regs[1] = fake->queue_regs[0];	/* the driver was faster */
	smmuv3_look_late(&fake->unit);
	expect_addresses(ENTRIES);
	expect_eq(fake->unit.ring.lost, 0);
	end();
}

static void driver_leaves(void)
{
	struct faultcast_event ev;

	if (!begin())
		return;
	fake->unit.gone = true;
	record(0x10, SID_PCI, 0, 0);
	take(1);
	smmuv3_look_late(&fake->unit);
	expect(!check_pop(&ev));
	end();
}

static const struct check_case cases[] = {
	{ "faults of devices", devices },
	{ "streams without a device", unknown_streams },
	{ "errors of the host", errors_of_the_host },
	{ "stalls are counted, and nothing else", stalls },
	{ "OVFLG toggles", overflow_flag },
	{ "OVFLG before the load", overflow_before_the_load },
	{ "GERROR tells that the queue was full", global_error },
	{ "a full queue", full_queue },
	{ "late looks", late_looks },
	{ "a driver that leaves", driver_leaves },
};

const struct check_group check_smmuv3 =
	CHECK_GROUP("smmuv3", cases, struct check_case, check_run_case);
