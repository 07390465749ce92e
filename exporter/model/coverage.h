/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a fault of one kind of one device would be counted.  Metrics, health, status and the
 * tools all ask coverage_of(), so that none of them says "no faults" about a device whose faults
 * nobody sees.  Pure.
 */
#ifndef FAULTCAST_MODEL_COVERAGE_H
#define FAULTCAST_MODEL_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_status;

enum coverage_state {
	COVERAGE_NONE, /* the device cannot cause faults of this kind */
	COVERAGE_UNWATCHED,
	COVERAGE_LOWER_BOUND, /* faults are counted, but not all of them */
	COVERAGE_EXACT,
	COVERAGE_STATES
};

enum coverage_reason {
	COVERAGE_NO_REASON, /* goes with COVERAGE_EXACT and COVERAGE_NONE */
	/* These go with COVERAGE_UNWATCHED. */
	COVERAGE_IDENTITY,	 /* the IOMMU passes the device's DMA through */
	COVERAGE_NO_IOMMU,	 /* the device is not behind an IOMMU */
	COVERAGE_UNKNOWN_DOMAIN, /* the kernel does not tell which domain the device has */
	COVERAGE_NOT_ATTACHED,	 /* no driver has attached the device to its IOMMU yet */
	COVERAGE_NO_TRACEPOINT,	 /* the driver of the IOMMU reports no faults */
	COVERAGE_NO_REQUESTER,	 /* the driver of the IOMMU does not say which device faulted */
	COVERAGE_UNIT_UNWATCHED, /* the IOMMU's fault interrupt is missing or masked */
	COVERAGE_OFF,		 /* the IOMMU does not remap interrupts */
	COVERAGE_NO_CAPABILITY,	 /* the device cannot report its errors */
	COVERAGE_NOT_NATIVE,	 /* neither kernel nor firmware reports the errors of this port */
	COVERAGE_PROBE_INACTIVE, /* the probe for these faults is not active */
	COVERAGE_NO_MODULE,	 /* the kernel module is not loaded */
	/* These go with COVERAGE_LOWER_BOUND. */
	COVERAGE_PROBE_INEXACT,	 /* the probe may miss faults; its own reason says why */
	COVERAGE_UNIT_UNKNOWN,	 /* the kernel module does not tell the state of the IOMMU */
	COVERAGE_DRIVER_PARTIAL, /* the driver of the IOMMU reports only some faults */
	COVERAGE_FIRMWARE_FIRST, /* firmware passes on the errors that it chooses */
	COVERAGE_REASONS
};

/* More than the pairs of all kinds together. */
#define COVERAGE_PAIRS_MAX 64

struct coverage {
	enum coverage_state state;
	enum coverage_reason reason;
};

/* The driver of an IOMMU, as far as the drivers differ in how they report faults. */
enum coverage_iommu {
	COVERAGE_IOMMU_NONE,
	COVERAGE_IOMMU_VTD,
	COVERAGE_IOMMU_AMD,
	COVERAGE_IOMMU_NAMELESS, /* reports faults without their device: arm-smmu v1 and v2 */
	COVERAGE_IOMMU_SILENT,	 /* reports no faults: SMMUv3, virtio and all others */
	COVERAGE_IOMMUS
};

/* The default domain of the device's IOMMU group. */
enum coverage_domain {
	COVERAGE_DOMAIN_NONE,	    /* the device has no group */
	COVERAGE_DOMAIN_TRANSLATED, /* the IOMMU checks the device's DMA */
	COVERAGE_DOMAIN_IDENTITY,
	COVERAGE_DOMAIN_UNKNOWN,
	COVERAGE_DOMAINS
};

/* The component that reports the errors of the port above the device. */
enum coverage_aer {
	COVERAGE_AER_NOBODY,
	COVERAGE_AER_FIRMWARE,
	COVERAGE_AER_KERNEL,
	COVERAGE_AERS
};

/* The properties of a device that decide, as sysfs shows them.  pci/coverage.h reads them. */
struct coverage_device {
	enum coverage_iommu iommu;
	enum coverage_domain domain;
	bool own_domain;   /* a driver in the group attaches domains of its own, as vfio does */
	bool may_attach;   /* attaching a driver may yet put the device behind an IOMMU */
	bool is_requester; /* false: the function is a host bridge or an IOMMU */
	uint64_t unit;	   /* the VT-d unit's register base; 0: not known */
	bool has_aer;	   /* the device has the capability AER */
	enum coverage_aer aer;
};

/* The kinds for which coverage_of() has an answer: those that can make a device unhealthy. */
#define COVERAGE_KINDS 3
extern const uint32_t coverage_kinds[COVERAGE_KINDS]; /* enum faultcast_kind */
#define COVERAGE_DMA 0 /* the index of FAULTCAST_KIND_IO_PAGE_FAULT */

/*
 * Answers for faults of @kind, one of coverage_kinds[].  @module is NULL while the kernel module is
 * not loaded.  A kind that is not in coverage_kinds[] is COVERAGE_NONE.
 */
struct coverage coverage_of(uint32_t kind, const struct coverage_device *device,
			    const struct module_status *module);

/* Whether a count of zero says that the device has caused no such fault. */
static inline bool coverage_is_watched(struct coverage coverage)
{
	return coverage.state >= COVERAGE_LOWER_BOUND;
}

/*
 * Whether a device without faults may be called healthy: DMA faults or AER errors of it are
 * watched, and neither of them can occur unseen.  Without the capability AER there are no AER
 * errors.  Faults of interrupt remapping do not decide, because only VT-d lets them be seen.
 * @judged is a mask of 1 << kind with the kinds that the rules of health judge; other kinds do not
 * decide.
 */
bool coverage_allows_ok(const struct coverage_device *device, const struct module_status *module,
			uint32_t judged);

/*
 * The @i-th pair of a state other than COVERAGE_NONE and a reason that coverage_of() can return for
 * @kind.  Returns false if there are only @i pairs or fewer.
 */
bool coverage_possible(uint32_t kind, size_t i, struct coverage *pair);

/* The names, such as "lower_bound" and "no_iommu"; static.  COVERAGE_NO_REASON is "none". */
const char *coverage_state_name(enum coverage_state state);
const char *coverage_reason_name(enum coverage_reason reason);

#endif
