/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following dmar_fault() through the fault recording registers of one VT-d unit,
 * and raising each record once.  Knows registers, not where they come from nor
 * how the handler is watched: that is vtd.c.
 */
#ifndef FAULTCAST_VTD_WALK_H
#define FAULTCAST_VTD_WALK_H

#include <linux/types.h>

struct vtd_unit {
	u64 phys;
	void __iomem *reg;
	u16 segment;
	u32 fro;		/* offset of the first fault recording register */
	u32 nfr;		/* how many there are */
};

/* One run of the handler. */
struct vtd_walk {
	const struct vtd_unit *unit;	/* NULL: one that is not in the DMAR table */
	u32 index;		/* record the handler looks at */
	u32 seen;		/* records it has looked at */
	u32 raised;		/* of these, raised by the entry */
	bool overflow;		/* FSTS.PFO was counted */
};

/* The handler begins; @walk names its unit, all else is 0.  Raises what is pending. */
void vtd_walk_enter(struct vtd_walk *walk);

/*
 * The handler has read @dword, the last of a record.  Raises that record unless
 * the entry has.  False: F is clear, so that it was the last one of this run.
 */
bool vtd_walk_step(struct vtd_walk *walk, u32 dword);

#endif /* FAULTCAST_VTD_WALK_H */
