/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose fault a fault is, by the tables in uapi/faultcast_reasons.h. */
#ifndef FAULTCAST_CORE_BLAME_H
#define FAULTCAST_CORE_BLAME_H

#include <linux/types.h>

enum faultcast_blame {
	FAULTCAST_BLAME_DEVICE,	/* the device sent a request that it may not send */
	FAULTCAST_BLAME_HOST,	/* the IOMMU failed, or the host's tables are wrong */
	FAULTCAST_BLAME_STALL,	/* the host resolves the fault and the device goes on */
};

/* The most rows of a table, with one for faults that have no row. */
#define FAULTCAST_REASONS_MAX	80

/*
 * Sets @row to the row of the fault with @code and @flags, below FAULTCAST_REASONS_MAX, in
 * the table for @type, an enum faultcast_iommu_type.  Returns the blame.  Any context.
 */
enum faultcast_blame faultcast_blame(u32 type, u16 code, u16 flags, u32 *row);

/* The name of @row in the table for @type; NULL after the last one. */
const char *faultcast_blame_name(u32 type, u32 row);

#endif /* FAULTCAST_CORE_BLAME_H */
