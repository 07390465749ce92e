/* SPDX-License-Identifier: GPL-2.0-only */
/* A unit of SMMUv3 with its event queue, and the looks that hooks take at it. */
#ifndef FAULTCAST_PROBE_SMMUV3_LOOK_H
#define FAULTCAST_PROBE_SMMUV3_LOOK_H

#include <linux/bits.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "core/iommu.h"
#include "ring.h"

struct device;

struct smmuv3_unit {
	struct faultcast_iommu *iommu;
	const void *driver;	/* the driver's struct arm_smmu_device; never followed */
	struct device *dev;
	void __iomem *regs;
	void __iomem *prod;	/* EVTQ_PROD; EVTQ_CONS follows */
	const u64 *queue;	/* a mapping of our own; NULL: not observed */
	bool vmapped;
	u32 flags;		/* enum faultcast_unit_flag */
	struct xarray streams;	/* stream id to SMMUV3_DEVICE_* */

	raw_spinlock_t lock;	/* for the members below */
	struct faultcast_ring ring;
	u32 overflow;		/* EVTQ_PROD.OVFLG at the last look */
	bool looked;		/* @overflow is valid */
	bool gone;		/* the driver has left, and the queue is not valid any more */
};

/* The device of a stream: a PCI function, or the slot of another device. */
#define SMMUV3_DEVICE_PCI(segment, bdf)	((u64)(segment) << 16 | (bdf))
#define SMMUV3_DEVICE_OTHER(slot)	(BIT_ULL(48) | (u64)(slot) << 16)

/*
 * The device of @sid is @device.  A stream with several devices has none from then on.
 * Without memory the device stays unknown.  Process context.
 */
void smmuv3_look_add_stream(struct smmuv3_unit *unit, u32 sid, u64 device);

/* The device of @sid is not @device any more. */
void smmuv3_look_remove_stream(struct smmuv3_unit *unit, u32 sid, u64 device);

/* For a hook that runs before the driver takes a record: raises what is new, if a look is due. */
void smmuv3_look_take(struct smmuv3_unit *unit);

/* For a hook that may run later: raises all that is new, but not more than the queue holds. */
void smmuv3_look_late(struct smmuv3_unit *unit);

/* For a hook that runs before the driver acknowledges global errors. */
void smmuv3_look_gerror(struct smmuv3_unit *unit);

#endif /* FAULTCAST_PROBE_SMMUV3_LOOK_H */
