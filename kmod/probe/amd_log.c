// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event log is a ring in memory.  The hardware writes a record and advances TAIL; the
 * driver handles the records up to the TAIL that it has read, and then sets HEAD.  It
 * erases the records of most types.  This file reads the same records with a cursor of its
 * own, and writes neither memory nor registers.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/spinlock.h>

#include "amd_decode.h"
#include "amd_log.h"
#include "core/event.h"
#include "core/iommu.h"

#define WORDS		(AMD_EVT_LEN / sizeof(u32))
#define SETTLE_US	10	/* in one look */

void amd_log_begin(struct amd_unit *unit, u32 entries)
{
	unit->ring = (struct faultcast_ring) { .entries = entries, .step = AMD_EVT_LEN };
}

/*
 * TAIL may advance before the record is in memory (erratum 732).  The driver waits too, up
 * to 0.1 s; here the wait is short, because preemption is off.  A record that is still
 * missing then is counted without contents.
 */
static void read_record(const u32 *from, u32 *record, unsigned int *wait_us)
{
	unsigned int i;

	while (!amd_record_is_written(READ_ONCE(from[1])) && *wait_us) {
		--*wait_us;
		udelay(1);
	}
	rmb();	/* the type tells that the other words are there */
	for (i = 0; i < WORDS; i++)
		record[i] = READ_ONCE(from[i]);
}

static void raise_record(struct amd_unit *unit, const u32 *record)
{
	struct faultcast_requester who = { .segment = unit->iommu->segment };
	struct faultcast_event ev = { 0 };

	who.known = amd_record_requester(record, &who.bdf);
	amd_decode(record, &ev);
	faultcast_iommu_raise(unit->iommu, &ev, who);
}

static void look(struct amd_unit *unit)
{
	u32 found = faultcast_ring_look(&unit->ring, readl(unit->reg + AMD_EVT_HEAD),
					readl(unit->reg + AMD_EVT_TAIL));
	unsigned int wait_us = SETTLE_US;

	while (found--) {
		u32 record[WORDS];

		read_record(unit->log + faultcast_ring_take(&unit->ring) * WORDS, record, &wait_us);
		raise_record(unit, record);
	}
}

void amd_log_look(struct amd_unit *unit)
{
	raw_spin_lock(&unit->lock);
	look(unit);
	raw_spin_unlock(&unit->lock);
}

void amd_log_look_again(struct amd_unit *unit)
{
	raw_spin_lock(&unit->lock);
	if (faultcast_ring_due(&unit->ring))
		look(unit);
	raw_spin_unlock(&unit->lock);
}
