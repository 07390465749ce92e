/* SPDX-License-Identifier: GPL-2.0-only */
/* The SMMUv3 units of this machine, and the devices behind each. */
#ifndef FAULTCAST_PROBE_SMMUV3_UNITS_H
#define FAULTCAST_PROBE_SMMUV3_UNITS_H

#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "core/iommu.h"
#include "ring.h"

struct device;
struct faultcast_unit;
struct fwnode_handle;

struct smmuv3_unit {
	struct faultcast_iommu *iommu;
	const void *driver;	/* the driver's struct arm_smmu_device; never followed */
	struct device *dev;
	void __iomem *regs;
	void __iomem *prod;	/* EVTQ_PROD; EVTQ_CONS follows */
	const u64 *queue;	/* a mapping of our own; NULL: not observed */
	bool vmapped;
	u32 flags;		/* enum faultcast_unit_flag */
	struct xarray streams;	/* stream id to device, see smmuv3_streams.c */

	raw_spinlock_t lock;	/* for the members below */
	struct faultcast_ring ring;
	u32 overflow;		/* EVTQ_PROD.OVFLG at the last look */
	bool looked;		/* @overflow is valid */
	bool gone;		/* the driver has left, and the queue is not valid any more */
};

/*
 * Finds the units whose driver is bound, and maps their registers and event queues.
 * Registers of a unit that may be powered down are not read.  Process context.
 * Returns how many units can be observed, and sets @reason if one cannot; or -ENODEV
 * if there is no unit.
 */
int smmuv3_units_map(const char **reason);

/* Undoes that.  No hook may run any more.  Process context. */
void smmuv3_units_unmap(void);

/*
 * The unit whose arm_smmu_device begins last at or below @address, which is a part of
 * it; NULL if there is none.  Any context.
 */
struct smmuv3_unit *smmuv3_units_find(const void *address);

/* Unit number @index; NULL after the last one.  While the units are mapped. */
struct smmuv3_unit *smmuv3_units_get(unsigned int index);

/* The unit with @fwnode, or NULL.  While the units are mapped. */
struct smmuv3_unit *smmuv3_units_by_fwnode(const struct fwnode_handle *fwnode);

/* For struct faultcast_probe. */
bool smmuv3_units_at(unsigned int index, struct faultcast_unit *unit);

/*
 * Follows which stream ids belong to which device.  Process context.  Returns 0 or a
 * negative errno.
 */
int smmuv3_streams_start(void);
void smmuv3_streams_stop(void);

/* Whether an SMMU got its driver after smmuv3_streams_start(), so that it is not observed. */
bool smmuv3_streams_late(void);

/* The device with stream id @sid of @unit, as far as known.  Any context. */
struct faultcast_requester smmuv3_streams_find(struct smmuv3_unit *unit, u32 sid);

#define SMMUV3_DRIVER	"arm-smmu-v3"

#endif /* FAULTCAST_PROBE_SMMUV3_UNITS_H */
