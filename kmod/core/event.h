/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of one fault, from the probe that saw it to the netlink message. */
#ifndef FAULTCAST_CORE_EVENT_H
#define FAULTCAST_CORE_EVENT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include "uapi/faultcast.h"

/* The optional members of a record that are valid. */
enum faultcast_has {
	FAULTCAST_HAS_IOVA	= BIT(0),
	FAULTCAST_HAS_REASON	= BIT(1),
	FAULTCAST_HAS_PASID	= BIT(2),
	FAULTCAST_HAS_IRTE	= BIT(3),
	FAULTCAST_HAS_TLP	= BIT(4),
	FAULTCAST_HAS_RELATED	= BIT(5),
	FAULTCAST_HAS_STREAM	= BIT(6),
};

/*
 * A record is a flat copy without pointers, so that an object that it describes may
 * be freed at any time.  The probe fills @slot, @kind and the members for which it
 * has values; faultcast_raise() fills @boot_ns, @generation and the two *_before
 * counts; the worker fills @mono_ns and @real_ns, and the log @seq.
 */
struct faultcast_event {
	u64 seq;		/* sequence number, from 1 */
	u64 boot_ns;		/* CLOCK_BOOTTIME in the probe; includes suspends */
	u64 mono_ns;		/* the same moment, CLOCK_MONOTONIC */
	u64 real_ns;		/* the same moment, CLOCK_REALTIME */
	u64 iova;
	u64 suppressed_before;	/* faults of this slot that no event has reported */
	u64 lost_before;
	u32 slot;		/* index, see slot.h */
	u32 pasid;
	u32 generation;		/* identity's generation at the time of the fault; 0: unknown */
	u32 aer_status;
	u32 tlp[4];
	u32 link_status;
	u32 iommu;		/* slot of the IOMMU that reported; FAULTCAST_SLOT_UNKNOWN: none */
	u32 stream_id;
	u32 related_segment;
	u16 related_bdf;
	u16 link_width;
	u16 irte_index;
	u16 reason;
	u16 iommu_flags;
	u16 dpc_status;
	u8 link_reason;
	u8 link_speed;
	u8 severity;		/* enum faultcast_severity */
	u8 hotplug;		/* enum faultcast_hotplug */
	u8 kind;		/* enum faultcast_kind */
	u8 access;		/* enum faultcast_access */
	u8 dpc;			/* enum faultcast_dpc */
	u8 recovery;		/* enum faultcast_recovery */
	u8 bus;			/* enum faultcast_bus */
	u8 iommu_type;		/* enum faultcast_iommu_type */
	u8 flags;		/* enum faultcast_event_flag */
	u8 has;			/* enum faultcast_has */
};

static_assert(sizeof(struct faultcast_event) <= 128);

#endif /* FAULTCAST_CORE_EVENT_H */
