/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of the registers and event records of AMD's IOMMU.  No state and no
 * register access.  Spec: AMD I/O Virtualization Technology (IOMMU), 48882.
 */
#ifndef FAULTCAST_PROBE_AMD_DECODE_H
#define FAULTCAST_PROBE_AMD_DECODE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "core/event.h"

#define AMD_DEV_TABLE		0x00
#define AMD_EVT_BASE		0x10
#define AMD_CONTROL		0x18
#define AMD_CONTROL_IOMMU_EN	BIT_ULL(0)
#define AMD_CONTROL_EVT_LOG_EN	BIT_ULL(2)
#define AMD_CONTROL_EVT_INT_EN	BIT_ULL(3)
#define AMD_EVT_HEAD		0x2010
#define AMD_EVT_TAIL		0x2018
#define AMD_EVT_LEN		16	/* bytes of a record */
#define AMD_DTE_LEN		32	/* bytes of a device table entry */

/*
 * The address in DEV_TABLE or EVT_BASE, with the bit that marks encrypted memory if there
 * is one.
 */
static inline u64 amd_table_address(u64 base)
{
	return base & GENMASK_ULL(51, 12);
}

/* The number of records that the event log holds; 0 if the value is reserved. */
static inline u32 amd_evt_entries(u64 base)
{
	u32 order = base >> 56 & 0xf;

	return order < 8 ? 0 : 1U << order;
}

/* Whether the IOMMU checks interrupt requests of the device with this entry (IV). */
static inline bool amd_dte_remaps_interrupts(const u64 *dte)
{
	return dte[2] & 1;
}

/*
 * The enum faultcast_unit_flag of a unit with this value of CONTROL; @interrupts: the unit
 * remaps interrupts.  A unit that does not log events, or that was removed and reads as all
 * ones, has no flags.
 */
u32 amd_unit_flags(u64 control, bool interrupts);

/*
 * Fills kind, access, reason, flags, address and PASID of @ev from a record of the event
 * log (AMD IOMMU 2.5).
 */
void amd_decode(const u32 *record, struct faultcast_event *ev);

/* The requester of a record; false, with nothing written, if the record has none. */
bool amd_record_requester(const u32 *record, u16 *bdf);

/* Whether the hardware has written the record: no event has type 0. */
static inline bool amd_record_is_written(u32 word1)
{
	return word1 >> 28;
}

#endif /* FAULTCAST_PROBE_AMD_DECODE_H */
