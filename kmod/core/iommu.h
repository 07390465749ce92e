/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOMMUs that the probes observe.  A fault for which a device is to blame is raised in the
 * slot of the device.  Any other is counted here and raised in the slot of the IOMMU, whose
 * label is "iommu/dmar0" or the like.
 */
#ifndef FAULTCAST_CORE_IOMMU_H
#define FAULTCAST_CORE_IOMMU_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

#include "blame.h"

struct faultcast_event;

struct faultcast_iommu {
	struct list_head list;
	u64 address;		/* physical address of its registers */
	u32 type;		/* enum faultcast_iommu_type */
	u32 segment;		/* PCI segment, 0 if the IOMMU has none */
	u32 slot;		/* the slot that holds its name */
	atomic64_t stalls;	/* recoverable page requests */
	atomic64_t errors[FAULTCAST_REASONS_MAX];	/* by row of the table for @type */
};

/* The requester of a fault, as far as the IOMMU and the kernel tell. */
struct faultcast_requester {
	u32 segment;
	u16 bdf;
	bool known;		/* @segment and @bdf are valid */
	u32 slot;		/* a device that is not PCI; 0: the unknown one */
};

/*
 * Adds an IOMMU.  @name is its name in /sys/class/iommu.  Process context, while probes
 * attach.  Returns NULL if there is no memory.  The IOMMU stays until faultcast_iommu_exit().
 */
struct faultcast_iommu *faultcast_iommu_add(u32 type, const char *name, u64 address, u32 segment);

/* Frees all IOMMUs.  No probe and no request may use them any more. */
void faultcast_iommu_exit(void);

/*
 * Raises the fault @ev that @iommu reported about @who.  The caller has filled @kind,
 * @reason, @iommu_flags and what describes the fault; this function fills @slot, @iommu and
 * @iommu_type, and changes the kind of an error that is not the device's.  Counts a stall,
 * and raises nothing for it.  Any context, NMI-like included.
 */
void faultcast_iommu_raise(struct faultcast_iommu *iommu, struct faultcast_event *ev,
			   struct faultcast_requester who);

/* The name in /sys/class/iommu of the IOMMU with @slot; NULL if it got no slot of its own. */
const char *faultcast_iommu_name(u32 slot);

#endif /* FAULTCAST_CORE_IOMMU_H */
