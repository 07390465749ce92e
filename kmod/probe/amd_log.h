/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the event log of one AMD IOMMU beside the kernel's driver, and raises each record
 * once.  amd_units.c maps the log and amd.c hooks the driver.
 */
#ifndef FAULTCAST_PROBE_AMD_LOG_H
#define FAULTCAST_PROBE_AMD_LOG_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "ring.h"

struct faultcast_iommu;
struct task_struct;

struct amd_unit {
	struct faultcast_iommu *iommu;	/* holds its address and segment */
	void __iomem *reg;
	const u32 *log;			/* the records */
	bool interrupts;		/* the IOMMU remaps interrupts */
	raw_spinlock_t lock;		/* protects @ring */
	struct faultcast_ring ring;
	const void *driver;		/* struct amd_iommu of the driver; NULL: not seen yet */
	/*
	 * The thread of the IOMMU's interrupt, to compare with current and nothing else;
	 * NULL: not seen yet.
	 */
	const struct task_struct *thread;
};

/* Prepares @unit for the first look.  Any context, while no look is under way. */
void amd_log_begin(struct amd_unit *unit, u32 entries);

/*
 * Raises the records up to TAIL, at most FAULTCAST_RING_LOOK of them.  Call in the thread
 * of the interrupt, before the driver reads TAIL.
 */
void amd_log_look(struct amd_unit *unit);

/* The same where the driver has taken one record and has not yet moved HEAD or erased it. */
void amd_log_look_again(struct amd_unit *unit);

#endif /* FAULTCAST_PROBE_AMD_LOG_H */
