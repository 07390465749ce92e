// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the walk along dmar_fault() (kmod/probe/vtd_walk.c) raises each record once,
 * for any number of fault recording registers, wherever the first record is and whenever
 * a record arrives. It writes no register. Also proves its behaviour when a hook was
 * missed.
 *
 * The registers are memory, which on x86 readl() and readq() read as well. The test plays
 * the hardware that fills them and the handler that empties them. QEMU's VT-d has only
 * one register.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/slab.h>

#include "check.h"
#include "core/iommu.h"
#include "probe/probe.h"
#include "probe/vtd_decode.h"
#include "probe/vtd_walk.h"
#include "tables/vtd.h"

#define MEMORY		8192	/* holds 256 records */
#define FRO		0x220	/* as in QEMU */
#define SEGMENT		2
#define QUEUE_LEN	512

struct fake {
	struct vtd_unit unit;
	struct vtd_walk walk;
	u32 faults;	/* recorded by the hardware; the address of each is its number */
	u32 tail;	/* the place of the hardware's next record */
	u32 at;		/* the place that the handler looks at */
	bool at_known;	/* the handler has read FSTS.FRI */
	bool over;	/* the last step found the end */
};

static void put64(struct fake *fake, u32 offset, u64 value)
{
	writeq(value, fake->unit.reg + offset);
}

static u32 record_offset(const struct fake *fake, u32 index)
{
	return fake->unit.fro + index * VTD_FRCD_LEN;
}

static u32 get_last(const struct fake *fake, u32 index)
{
	return readl(fake->unit.reg + record_offset(fake, index) + 12);
}

static void clear_f(struct fake *fake, u32 index)
{
	writel(get_last(fake, index) & ~VTD_FRCD_F,
	       fake->unit.reg + record_offset(fake, index) + 12);
}

static u32 get_status(const struct fake *fake)
{
	return readl(fake->unit.reg + VTD_FSTS);
}

static void set_status(struct fake *fake, u32 fsts)
{
	writel(fsts, fake->unit.reg + VTD_FSTS);
}

/* VT-d 7.2.1: if the register is still in use, the fault is dropped and PFO is set. */
static void record(struct fake *fake, u64 lo, u64 hi)
{
	u32 fsts = get_status(fake);

	if (get_last(fake, fake->tail) & VTD_FRCD_F) {
		set_status(fake, fsts | VTD_FSTS_PFO);
		return;
	}
	put64(fake, record_offset(fake, fake->tail), lo);
	put64(fake, record_offset(fake, fake->tail) + 8, hi);
	if (!(fsts & VTD_FSTS_PPF))
		set_status(fake, (fsts & ~0xff00) | fake->tail << 8 | VTD_FSTS_PPF);
	fake->tail = (fake->tail + 1) % fake->unit.nfr;
}

static void record_fault(struct fake *fake, u64 type)
{
	u32 n = ++fake->faults;

	record(fake, (u64)n << 12, F | type | FR(6) | SID(n));
}

static bool fake_begin(struct fake *fake, u32 nfr, u32 fri)
{
	void *memory = kzalloc(2 * MEMORY, GFP_KERNEL);

	*fake = (struct fake){
		.unit = {
			.reg = (void __iomem *)memory,
			.fro = FRO,
			.nfr = nfr,
		},
		.tail = fri,
	};
	if (!expect(memory))
		return false;
	atomic64_set(&faultcast_probe_hw_overflow, 0);
	atomic64_set(&faultcast_probe_unknown_unit, 0);
	if (!check_begin(1024, QUEUE_LEN))
		goto err_memory;
	fake->unit.iommu = faultcast_iommu_add(FAULTCAST_IOMMU_TYPE_VTD, "dmar0", 0xfed90000,
					       SEGMENT);
	if (expect(fake->unit.iommu))
		return true;
	check_end();
err_memory:
	kfree(memory);
	return false;
}

static void fake_end(struct fake *fake)
{
	faultcast_iommu_exit();
	check_end();
	kfree((void __force *)fake->unit.reg);
}

/* The whole memory around the walk, to prove that no register is written. */
static void keep_registers(struct fake *fake)
{
	void *memory = (void __force *)fake->unit.reg;

	memcpy(memory + MEMORY, memory, MEMORY);
}

static void expect_registers_kept(struct fake *fake)
{
	void *memory = (void __force *)fake->unit.reg;

	expect(!memcmp(memory + MEMORY, memory, MEMORY));
}

static void enter(struct fake *fake)
{
	fake->walk = (struct vtd_walk){ .unit = &fake->unit };
	keep_registers(fake);
	vtd_walk_enter(&fake->walk);
	expect_registers_kept(fake);
	fake->at_known = false;
	fake->over = false;
}

static void step(struct fake *fake, u32 dword)
{
	keep_registers(fake);
	fake->over = !vtd_walk_step(&fake->walk, dword);
	expect_registers_kept(fake);
	expect_eq(fake->over, !(dword & VTD_FRCD_F));
}

/* The handler reads the next record, see struct script. */
static void handle(struct fake *fake, char how)
{
	u32 dword;

	if (!fake->at_known)
		fake->at = vtd_fsts_fri(get_status(fake)) % fake->unit.nfr;
	fake->at_known = true;
	dword = get_last(fake, fake->at);
	if (how == 'g')
		clear_f(fake, fake->at);
	if (how != 'm')
		step(fake, dword);
	if (!(dword & VTD_FRCD_F)) {
		set_status(fake, get_status(fake) & ~(VTD_FSTS_PFO | VTD_FSTS_PPF));
		return;
	}
	clear_f(fake, fake->at);
	fake->at = (fake->at + 1) % fake->unit.nfr;
}

static void play(struct fake *fake, char what)
{
	switch (what) {
	case 'r':
		record_fault(fake, T1);
		break;
	case 'w':
		record_fault(fake, 0);
		break;
	case 'E':
		enter(fake);
		break;
	case 'P':
		set_status(fake, get_status(fake) & ~VTD_FSTS_PPF);
		break;
	case 'X':
		set_status(fake, get_status(fake) | 0xff00);
		break;
	case '.':
	case 'm':
	case 'g':
		handle(fake, what);
		break;
	default:
		expect(!what);
	}
}

/*
 * r, w     a device's read or write faults
 * E        the handler is entered
 * ., m, g  the handler reads the next record: with our hook, with the hook missed,
 *          or with the record gone before the hook looks
 * P        PPF is clear, although a record is pending
 * X        FRI is invalid
 * The faults with the numbers in @raised are raised; ? is one with unknown contents.
 */
struct script {
	const char *what;
	u32 nfr;
	u32 fri;
	const char *plays;
	const char *raised;
	u32 overflows;
	u32 missing;	/* hits that vtd_walk_missing() finds missing in the last run */
};

static const struct script scripts[] = {
	{ "one record", 1, 0, "rE..", "1" },
	{ "one after the other in one register", 1, 0, "rE..rE..rE..", "1 2 3" },
	{ "one register, refilled while the handler runs", 1, 0, "rE.r.r..", "1 2 3" },
	{ "an entry with nothing pending", 4, 0, "E", "" },
	{ "F without PPF is ignored", 4, 0, "rPE", "" },
	{ "several pending at the entry", 8, 0, "rrrrE.....", "1 2 3 4" },
	{ "reads and writes", 8, 0, "rwwrE.....", "1 2 3 4" },
	{ "the first in the middle", 8, 5, "rrE...", "1 2" },
	{ "wrap-around", 4, 3, "rrrE....", "1 2 3" },
	{ "every register pending", 4, 2, "rrrrE.....", "1 2 3 4" },
	{ "after the entry, before the handler's look", 4, 1, "Er..", "1" },
	{ "several after the entry, before its look", 4, 3, "Errr....", "1 2 3" },
	{ "between the entry's and the handler's look", 4, 0, "rErr....", "1 2 3" },
	{ "the entry alone", 4, 0, "rrE", "1 2", 0, 3 },
	{ "the entry alone, wrap-around", 4, 3, "rrrE", "1 2 3", 0, 4 },
	{ "another site for the first record", 4, 0, "rEm.", "1", 0, 1 },
	{ "another site for the first of two", 4, 0, "rrEm..", "1 2", 0, 1 },
	{ "a handler that never passes the site", 4, 0, "rrEmmm", "1 2", 0, 3 },
	{ "a handler that never passes it, nothing pending", 4, 0, "Em", "" },
	{ "while the handler runs", 4, 0, "rE.rr...", "1 2 3" },
	{ "while it takes what the entry raised", 8, 6, "rrrE.r.r.rr.....", "1 2 3 4 5 6 7" },
	{ "several rounds in one run", 2, 1, "rE.r.r.r.r.r..", "1 2 3 4 5 6" },
	{ "the next run begins where the last one ended", 4, 0, "rrrE....rrrE....", "1 2 3 4 5 6" },
	{ "an overflow before the entry", 2, 0, "rrrE...", "1 2", 1 },
	{ "several dropped faults are one overflow", 2, 0, "rrrrrE...", "1 2", 1 },
	{ "an overflow in each of two runs", 2, 0, "rrrE...rrrE...", "1 2 4 5", 2 },
	{ "an overflow between entry and look", 2, 0, "rrEr...", "1 2", 1 },
	{ "an overflow while the handler runs", 2, 0, "rrE.rr...", "1 2 3", 1 },
	{ "a missed hook costs the record it missed", 8, 0, "rE.rrr.m..", "1 2 4" },
	{ "a missed hook, records that differ", 8, 0, "rE.rwr.m..", "1 2 4" },
	{ "the first hook missed", 4, 0, "Errm...", "2" },
	{ "a missed hook, then a wrap-around", 4, 2, "Errrrm....", "2 3 4" },
	{ "two missed hooks, then a wrap-around", 8, 5, "Errrrrr.mm....", "1 4 5 6" },
	{ "a hook missed at a record that the entry raised", 4, 0, "rrEm.r..", "1 2" },
	{ "a record gone before the hook looks", 4, 0, "Erg.", "?" },
	{ "records behind a gone one are found", 4, 0, "Erwwg...", "? 2 3" },
	{ "FRI beyond the last record", 1, 0, "rXE", "1", 0, 2 },
};

/* Lists the raised events as text, and checks the fields that all must have. */
static void list_raised(char *text, size_t size)
{
	struct faultcast_event ev;
	size_t used = 0;

	*text = 0;
	while (check_pop(&ev)) {
		u64 n = ev.iova >> 12;

		if (used)
			used += scnprintf(text + used, size - used, " ");
		if (ev.slot == FAULTCAST_SLOT_UNKNOWN) {
			used += scnprintf(text + used, size - used, "?");
			expect_eq(ev.has, 0);
		} else {
			used += scnprintf(text + used, size - used, "%llu", n);
			expect_eq(ev.slot, faultcast_slot_claim_pci(SEGMENT, n));
			expect_eq(ev.has, HAS_DMA);
		}
	}
}

static void run_script(const void *row)
{
	const struct script *script = row;
	struct fake fake;
	const char *at;
	char raised[64];

	if (!fake_begin(&fake, script->nfr, script->fri))
		return;
	for (at = script->plays; *at; at++)
		play(&fake, *at);
	/* A script with the handler's steps must reach the handler's end. */
	if (at[-1] == '.')
		expect(fake.over);
	list_raised(raised, sizeof(raised));
	if (!expect(!strcmp(raised, script->raised)))
		check_note("raised: %s; expected: %s", raised, script->raised);
	expect_eq(vtd_walk_missing(&fake.walk, fake.over), script->missing);
	expect_eq(atomic64_read(&faultcast_probe_hw_overflow), script->overflows);
	expect_eq(atomic64_read(&faultcast_probe_unknown_unit), 0);
	fake_end(&fake);
}

/* Whether @ev is in the slot of the culprit, with the requester if that is the host. */
static void expect_blamed(const struct fake *fake, const struct faultcast_event *ev,
			  const struct vtd_record *test)
{
	struct faultcast_event want = test->want;
	u32 row;

	expect_eq(ev->iommu, fake->unit.iommu->slot);
	if (faultcast_blame(FAULTCAST_IOMMU_TYPE_VTD, want.reason, 0, &row)) {
		want.kind = FAULTCAST_KIND_IOMMU_ERROR;
		want.has |= FAULTCAST_HAS_RELATED;
		expect_eq(ev->slot, fake->unit.iommu->slot);
		expect_eq(ev->related_segment, SEGMENT);
		expect_eq(ev->related_bdf, (u16)test->hi);
		expect_eq(atomic64_read(&fake->unit.iommu->errors[row]), 2);
	} else {
		expect_eq(ev->slot, faultcast_slot_claim_pci(SEGMENT, (u16)test->hi));
	}
	if (!expect(vtd_record_is(ev, &want)))
		check_note("kind %u access %u reason %#x iova %#llx pasid %#x has %#x",
			   ev->kind, ev->access, ev->reason, ev->iova, ev->pasid, ev->has);
}

/* The entry and a step raise the same record in the same way. */
static void run_record(const void *row)
{
	const struct vtd_record *test = row;
	struct faultcast_event ev = { };
	struct fake fake;
	int i;

	if (!fake_begin(&fake, 4, 1))
		return;
	record(&fake, test->lo, test->hi);
	enter(&fake);
	record(&fake, test->lo, test->hi);
	for (i = 0; i < 3; i++)
		handle(&fake, '.');
	expect(fake.over);
	for (i = 0; i < 2; i++) {
		expect(check_pop(&ev));
		expect_blamed(&fake, &ev, test);
	}
	expect(!check_pop(&ev));
	fake_end(&fake);
}

/* A unit can have 256 registers, which take two pages. */
static void all_256_registers(void)
{
	struct faultcast_event ev = { };
	struct fake fake;
	unsigned int i;

	if (!fake_begin(&fake, 256, 200))
		return;
	for (i = 0; i < 257; i++)
		record_fault(&fake, T1);
	enter(&fake);
	for (i = 0; i < 257; i++)
		handle(&fake, '.');
	expect(fake.over);
	for (i = 1; i <= 256; i++)
		expect(check_pop(&ev) && ev.iova >> 12 == i);
	expect(!check_pop(&ev));
	expect_eq(atomic64_read(&faultcast_probe_hw_overflow), 1);
	fake_end(&fake);
}

static void a_unit_that_nobody_knows(void)
{
	struct faultcast_event ev;
	struct vtd_walk walk = { };
	struct fake fake;

	if (!fake_begin(&fake, 1, 0))
		return;
	expect(vtd_walk_step(&walk, VTD_FRCD_F));
	expect(vtd_walk_step(&walk, VTD_FRCD_F | 6));
	expect(!vtd_walk_step(&walk, 6));
	expect_eq(atomic64_read(&faultcast_probe_unknown_unit), 2);
	expect(!check_pop(&ev));
	fake_end(&fake);
}

static const struct check_case cases[] = {
	{ "256 registers", all_256_registers },
	{ "an unknown unit is counted", a_unit_that_nobody_knows },
};

const struct check_group check_vtd_records =
	CHECK_GROUP("VT-d record", vtd_records, struct vtd_record, run_record);
const struct check_group check_vtd_walks =
	CHECK_GROUP("VT-d walk", scripts, struct script, run_script);
const struct check_group check_vtd =
	CHECK_GROUP("VT-d walk", cases, struct check_case, check_run_case);
