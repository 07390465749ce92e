/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows dmar_fault() through the fault recording registers of one VT-d unit and
 * raises each record once.  vtd.c maps the registers and watches the handler.
 */
#ifndef FAULTCAST_PROBE_VTD_WALK_H
#define FAULTCAST_PROBE_VTD_WALK_H

#include <linux/types.h>

struct faultcast_iommu;

struct vtd_unit {
	struct faultcast_iommu *iommu;	/* holds its address and segment */
	void __iomem *reg;
	u32 fro;		/* offset of the first fault recording register */
	u32 nfr;		/* number of fault recording registers */
};

/* One run of the handler. */
struct vtd_walk {
	const struct vtd_unit *unit;	/* NULL: the unit is not in the DMAR table */
	u32 index;		/* index of the record that the handler looks at */
	u32 seen;		/* number of records that the handler has looked at */
	u32 raised;		/* number of records raised at the entry */
	bool overflow;		/* FSTS.PFO was counted */
};

/*
 * Call at the handler's entry, with @walk zero except for its unit.  Raises every
 * pending record.  Any context, NMI-like included.
 */
void vtd_walk_enter(struct vtd_walk *walk);

/*
 * Call when the handler has read @dword, the last one of a record.  Raises that
 * record unless it was raised at the entry.  Any context, NMI-like included.
 * Returns false if F is clear: then the handler ends its run.
 */
bool vtd_walk_step(struct vtd_walk *walk, u32 dword);

/*
 * The number of hits of the hook in the handler that must have been missed in this run:
 * the handler takes at least the records that were pending at its entry, and then finds
 * the end.  @ended: the hook has seen the end.  Any context, NMI-like included.
 */
u32 vtd_walk_missing(const struct vtd_walk *walk, bool ended);

#endif /* FAULTCAST_PROBE_VTD_WALK_H */
