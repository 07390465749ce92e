// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the event queue of an SMMUv3 and raises its records.  The threads of several
 * queues of one unit may take a look at once, so a raw spinlock guards the cursor.
 */
#include <linux/io.h>
#include <linux/spinlock.h>

#include "core/event.h"
#include "core/iommu.h"
#include "probe.h"
#include "smmuv3_decode.h"
#include "smmuv3_look.h"

#define DEVICE_BDF(device)	((u16)(device))
#define DEVICE_SEGMENT(device)	((u32)((device) >> 16))	/* or the slot */
#define DEVICE_OTHER		BIT_ULL(48)
#define DEVICE_NONE		BIT_ULL(49)

void smmuv3_look_add_stream(struct smmuv3_unit *unit, u32 sid, u64 device)
{
	void *old = xa_load(&unit->streams, sid);

	if (old && xa_to_value(old) != device)
		device = DEVICE_NONE;
	xa_store(&unit->streams, sid, xa_mk_value(device), GFP_KERNEL);
}

void smmuv3_look_remove_stream(struct smmuv3_unit *unit, u32 sid, u64 device)
{
	xa_cmpxchg(&unit->streams, sid, xa_mk_value(device), NULL, GFP_KERNEL);
}

/* Takes no lock: xa_load() is under RCU. */
static struct faultcast_requester find(struct smmuv3_unit *unit, u32 sid)
{
	void *entry = xa_load(&unit->streams, sid);
	u64 device = entry ? xa_to_value(entry) : DEVICE_NONE;

	if (device & DEVICE_NONE)
		return (struct faultcast_requester) { };
	if (device & DEVICE_OTHER)
		return (struct faultcast_requester) { .slot = DEVICE_SEGMENT(device) };
	return (struct faultcast_requester) {
		.segment = DEVICE_SEGMENT(device),
		.bdf = DEVICE_BDF(device),
		.known = true,
	};
}

static void raise_record(struct smmuv3_unit *unit, u32 index)
{
	const u64 *at = unit->queue + index * SMMUV3_RECORD_WORDS;
	struct faultcast_event ev = { 0 };
	struct faultcast_requester who;
	u64 record[SMMUV3_RECORD_WORDS];
	unsigned int i;

	for (i = 0; i < SMMUV3_RECORD_WORDS; i++)
		record[i] = READ_ONCE(at[i]);
	smmuv3_decode(record, &ev);
	who = find(unit, smmuv3_stream(record));
	if (!who.known && !who.slot) {
		ev.stream_id = smmuv3_stream(record);
		ev.has |= FAULTCAST_HAS_STREAM;
	}
	faultcast_iommu_raise(unit->iommu, &ev, who);
}

/* The bit toggles each time the SMMU has dropped records, until the driver has copied it. */
static void check_overflow(struct smmuv3_unit *unit, u32 cons, u32 prod)
{
	u32 before = unit->looked ? unit->overflow : cons & SMMUV3_PROD_OVFLG;

	unit->looked = true;
	unit->overflow = prod & SMMUV3_PROD_OVFLG;
	if (unit->overflow != before)
		atomic64_inc(&faultcast_probe_hw_overflow);
}

/* Reads the registers, which also orders the reads of the records after them. */
static u32 look(struct smmuv3_unit *unit, bool late)
{
	u32 prod = readl(unit->prod), cons = readl(unit->prod + 4), num, i;

	check_overflow(unit, cons, prod);
	num = late ? faultcast_ring_look_late(&unit->ring, cons, prod) :
		     faultcast_ring_look(&unit->ring, cons, prod);
	for (i = 0; i < num; i++)
		raise_record(unit, faultcast_ring_take(&unit->ring));
	return num;
}

void smmuv3_look_take(struct smmuv3_unit *unit)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&unit->lock, flags);
	if (!unit->gone && faultcast_ring_due(&unit->ring))
		look(unit, false);
	raw_spin_unlock_irqrestore(&unit->lock, flags);
}

void smmuv3_look_late(struct smmuv3_unit *unit)
{
	u32 looks = unit->ring.entries / FAULTCAST_RING_LOOK + 1, found;
	unsigned long flags;

	do {
		raw_spin_lock_irqsave(&unit->lock, flags);
		found = unit->gone ? 0 : look(unit, true);
		raw_spin_unlock_irqrestore(&unit->lock, flags);
	} while (found && --looks);
}

void smmuv3_look_gerror(struct smmuv3_unit *unit)
{
	if ((readl(unit->regs + SMMUV3_GERROR) ^ readl(unit->regs + SMMUV3_GERRORN)) &
	    SMMUV3_GERROR_EVTQ_ABT)
		atomic64_inc(&faultcast_probe_hw_overflow);
}
