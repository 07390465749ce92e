/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding of SMMUv3 registers and event records (Arm IHI 0070).  Has no side effects. */
#ifndef FAULTCAST_PROBE_SMMUV3_DECODE_H
#define FAULTCAST_PROBE_SMMUV3_DECODE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "core/event.h"

/* Registers on page 0 (6.3). */
#define SMMUV3_CR0		0x20
#define SMMUV3_CR0_EVTQEN	BIT(2)
#define SMMUV3_IRQ_CTRL		0x50
#define SMMUV3_IRQ_EVTQ		BIT(2)
#define SMMUV3_GERROR		0x60
#define SMMUV3_GERRORN		0x64
#define SMMUV3_GERROR_EVTQ_ABT	BIT(2)	/* writes to the event queue failed */
#define SMMUV3_EVTQ_BASE	0xa0

/* Registers on page 1, at 64 KiB.  Cavium's SMMU has only page 0, with these at +0xa8. */
#define SMMUV3_PAGE1		0x10000
#define SMMUV3_EVTQ_PROD	0xa8
#define SMMUV3_EVTQ_CONS	0xac
#define SMMUV3_PROD_OVFLG	BIT(31)	/* toggles when records were dropped */
#define SMMUV3_PAGE0_END	0xb0
#define SMMUV3_PAGE1_END	(SMMUV3_PAGE1 + SMMUV3_PAGE0_END)

#define SMMUV3_RECORD_WORDS	4
#define SMMUV3_RECORD_LEN	(SMMUV3_RECORD_WORDS * sizeof(u64))
#define SMMUV3_LOG2_MAX		19	/* 6.3.26, SMMU_IDR1.EVENTQS */

/* The physical address of the event queue and the binary logarithm of its length. */
#define SMMUV3_QUEUE_ADDRESS(base)	((base) & GENMASK_ULL(51, 5))
#define SMMUV3_QUEUE_LOG2(base)		((u32)((base) & 0x1f))

/* The flags of faults, enum faultcast_unit_flag, at these values of CR0 and IRQ_CTRL. */
u32 smmuv3_unit_flags(u32 cr0, u32 irq_ctrl);

/* The offset of EVTQ_PROD in registers of @size bytes; 0 if they do not have it. */
u32 smmuv3_prod_offset(u64 size);

/* The stream id of an event. */
static inline u32 smmuv3_stream(const u64 *record)
{
	return record[0] >> 32;
}

/*
 * Writes what @record, of SMMUV3_RECORD_WORDS, tells of a fault: @kind, @access,
 * @iova, @pasid, @reason, @iommu_flags and their bits of @has.
 */
void smmuv3_decode(const u64 *record, struct faultcast_event *ev);

#endif /* FAULTCAST_PROBE_SMMUV3_DECODE_H */
