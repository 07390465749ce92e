/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMUs, by name, and the reasons of the faults that they report. */
#ifndef FAULTCAST_MODEL_IOMMU_H
#define FAULTCAST_MODEL_IOMMU_H

#include <stdint.h>

/*
 * A text equal to @name that stays for as long as the process runs, so that events need not hold
 * the name of their IOMMU.  NULL if @name is empty or too long, or if there are too many names.
 */
const char *iommu_name(const char *name);

/* The name of @type, an enum faultcast_iommu_type, such as "vtd"; "unknown" for others. */
const char *iommu_type_name(uint32_t type);

/* A fault reason: a row of kmod/uapi/faultcast_reasons.h. */
struct iommu_reason {
	const char *name;  /* such as "write_denied" */
	const char *words; /* a sentence */
};

/*
 * The reason with @code and @flags of an IOMMU of @type.  A module before ABI 6 tells no type, and
 * reports reasons of VT-d only.  A reason without a row has the name "unknown".
 */
struct iommu_reason iommu_reason_of(uint32_t type, uint32_t code, uint32_t flags);

#endif
