// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler takes records in order from FSTS.FRI, modulo their number, until a
 * record has F clear.  This file reads the same records, at the handler's entry and
 * at each of its reads of a record's last dword, and writes no register.
 */
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "core/event.h"
#include "core/iommu.h"
#include "core/raise.h"
#include "core/slot.h"
#include "probe.h"
#include "vtd_decode.h"
#include "vtd_walk.h"

static void __iomem *record_at(const struct vtd_unit *unit, u32 index)
{
	return unit->reg + unit->fro + index * VTD_FRCD_LEN;
}

/* Reads two dwords at once, because each read takes a microsecond on a real machine. */
static u64 upper(const struct vtd_unit *unit, u32 index)
{
	return readq(record_at(unit, index) + 8);
}

static u32 last_dword(u64 hi)
{
	return hi >> 32;
}

static void raise_record(const struct vtd_unit *unit, u32 index, u64 hi)
{
	u64 lo = readq(record_at(unit, index));
	struct faultcast_event ev = { 0 };
	struct faultcast_requester who = {
		.segment = unit->iommu->segment,
		.bdf = vtd_frcd_sid(hi),
		.known = true,
	};

	vtd_decode(lo, hi, &ev);
	faultcast_iommu_raise(unit->iommu, &ev, who);
}

/* Raises a fault without details for a record that was not found, so that its count is right. */
static void raise_unknown(void)
{
	struct faultcast_event ev = {
		.slot = FAULTCAST_SLOT_UNKNOWN,
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	};

	faultcast_raise(&ev);
}

/* The bit PFO stays set until the handler ends, so an overflow is counted once in a run. */
static u32 read_status(struct vtd_walk *walk)
{
	u32 fsts = readl(walk->unit->reg + VTD_FSTS);

	if (fsts & VTD_FSTS_PFO && !walk->overflow) {
		walk->overflow = true;
		atomic64_inc(&faultcast_probe_hw_overflow);
	}
	return fsts;
}

/*
 * The result is always within the mapped registers, also when a removed unit reads
 * as all ones.
 */
static u32 first_index(const struct vtd_unit *unit, u32 fsts)
{
	return vtd_fsts_fri(fsts) % unit->nfr;
}

void vtd_walk_enter(struct vtd_walk *walk)
{
	const struct vtd_unit *unit = walk->unit;
	u32 fsts = read_status(walk), index = first_index(unit, fsts), n;

	if (!(fsts & VTD_FSTS_PPF))
		return;
	walk->index = index;
	for (n = 0; n < unit->nfr; n++) {
		u64 hi = upper(unit, index);

		if (!(last_dword(hi) & VTD_FRCD_F))
			break;
		raise_record(unit, index, hi);
		index = (index + 1) % unit->nfr;
	}
	walk->raised = n;
}

/*
 * After missed hits the handler is ahead of this walk.  Records that the handler has
 * taken have F clear.  Therefore the first record from here on with this last dword
 * is the handler's, although several records may have the same one.
 */
static void resync(struct vtd_walk *walk, u32 dword)
{
	const struct vtd_unit *unit = walk->unit;
	u32 index = walk->index, n;

	for (n = 1; n < unit->nfr; n++) {
		u64 hi;

		index = (index + 1) % unit->nfr;
		hi = upper(unit, index);
		if (last_dword(hi) != dword)
			continue;
		walk->index = index;
		raise_record(unit, index, hi);
		return;
	}
	raise_unknown();
}

static void take(struct vtd_walk *walk, u32 dword)
{
	const struct vtd_unit *unit = walk->unit;
	u64 hi;

	/*
	 * While a record is pending, FRI does not change (VT-d 11.4.9): the entry
	 * has read it.
	 */
	if (walk->seen)
		walk->index = (walk->index + 1) % unit->nfr;
	else if (!walk->raised)
		walk->index = first_index(unit, read_status(walk));
	if (++walk->seen <= walk->raised)
		return;
	hi = upper(unit, walk->index);
	if (last_dword(hi) == dword)
		raise_record(unit, walk->index, hi);
	else
		resync(walk, dword);
}

bool vtd_walk_step(struct vtd_walk *walk, u32 dword)
{
	if (!(dword & VTD_FRCD_F)) {
		if (walk->unit && !walk->overflow)
			read_status(walk);
		return false;
	}
	if (walk->unit)
		take(walk, dword);
	else
		atomic64_inc(&faultcast_probe_unknown_unit);
	return true;
}

u32 vtd_walk_missing(const struct vtd_walk *walk, bool ended)
{
	if (!walk->raised)
		return 0;
	return (walk->seen < walk->raised ? walk->raised - walk->seen : 0) + !ended;
}
