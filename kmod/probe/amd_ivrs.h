/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds IOMMUs in the ACPI table IVRS.  Pure.  Spec: AMD I/O Virtualization Technology
 * (IOMMU), 48882, chapter 5.
 */
#ifndef FAULTCAST_PROBE_AMD_IVRS_H
#define FAULTCAST_PROBE_AMD_IVRS_H

#include <linux/types.h>

/* An IOMMU, as an IVHD block describes it. */
struct amd_ivhd {
	u64 address;		/* physical address of the registers */
	u16 segment;
	u16 bdf;		/* PCI function of the IOMMU */
};

/*
 * Fills @found with the IOMMUs of the @size bytes at @table, in the order of the table and
 * each once, although several blocks may describe an IOMMU.  Returns their number, at most
 * @max.
 */
unsigned int amd_ivrs_read(const void *table, size_t size, struct amd_ivhd *found,
			   unsigned int max);

#endif /* FAULTCAST_PROBE_AMD_IVRS_H */
