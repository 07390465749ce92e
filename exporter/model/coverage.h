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

#include "address.h"
#include "counts.h"

struct module_status;

enum coverage_state {
	COVERAGE_NONE, /* the device cannot cause faults of this kind */
	COVERAGE_UNWATCHED,
	COVERAGE_BY_REQUESTER, /* faults are counted under another requester id, not the device's */
	COVERAGE_LOWER_BOUND,  /* faults are counted, but not all of them */
	COVERAGE_EXACT,
	COVERAGE_STATES
};

/*
 * If several reasons apply, the first one in this order is given.  The order follows a fault on its
 * way: the hardware, the driver of the IOMMU or port, the kernel module, its probe.  A reason
 * therefore remains true when the cause of a later one is mended.
 */
enum coverage_reason {
	COVERAGE_NO_REASON, /* goes with all states but COVERAGE_UNWATCHED and COVERAGE_LOWER_BOUND
			     */
	/* These go with COVERAGE_UNWATCHED. */
	COVERAGE_NO_IOMMU,	 /* the device is not behind an IOMMU */
	COVERAGE_NOT_ATTACHED,	 /* no driver has attached the device to its IOMMU yet */
	COVERAGE_IDENTITY,	 /* the IOMMU passes the device's DMA through */
	COVERAGE_NO_CAPABILITY,	 /* the device cannot report its errors */
	COVERAGE_NO_TRACEPOINT,	 /* the driver of the IOMMU reports no faults */
	COVERAGE_NO_REQUESTER,	 /* the driver of the IOMMU does not report the requester id */
	COVERAGE_UNKNOWN_DOMAIN, /* the kernel does not tell which domain the device has */
	COVERAGE_NOT_NATIVE,	 /* neither kernel nor firmware reports the errors of this port */
	COVERAGE_NO_MODULE,	 /* the kernel module is not loaded */
	COVERAGE_OFF,		 /* the IOMMU does not remap interrupts, as the module tells */
	COVERAGE_PROBE_INACTIVE, /* the probe for these faults is not active */
	COVERAGE_UNIT_UNWATCHED, /* the IOMMU's fault interrupt is missing or masked */
	/* These go with COVERAGE_LOWER_BOUND, and all but the last with COVERAGE_BY_REQUESTER. */
	COVERAGE_DRIVER_PARTIAL, /* the driver of the IOMMU reports only some faults */
	COVERAGE_FIRMWARE_FIRST, /* firmware passes on the errors that it chooses */
	COVERAGE_PROBE_INEXACT,	 /* the probe may miss faults; its own reason says why */
	COVERAGE_UNIT_UNKNOWN,	 /* the kernel module does not tell the state of the IOMMU */
	COVERAGE_OTHER_IDS,	 /* some faults are counted under other requester ids */
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
	COVERAGE_IOMMU_SMMUV3,
	COVERAGE_IOMMU_NAMELESS, /* reports faults without their device: arm-smmu v1 and v2 */
	COVERAGE_IOMMU_SILENT,	 /* reports no faults: virtio and all others */
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

/* The requester ids that the IOMMU sees in requests of the device. */
enum coverage_ids {
	COVERAGE_IDS_OWN,
	COVERAGE_IDS_MORE,  /* its own, and others */
	COVERAGE_IDS_OTHER, /* others, and not its own */
	COVERAGE_IDS
};

/* The component that reports the errors of the port above the device. */
enum coverage_aer {
	COVERAGE_AER_NOBODY,
	COVERAGE_AER_FIRMWARE,
	COVERAGE_AER_KERNEL,
	COVERAGE_AERS
};

/* With the terminating zero byte, for names such as "ivhd0". */
#define COVERAGE_UNIT_NAME_LEN 32

/*
 * The properties of a device that decide.  pci/ reads them in sysfs, except for the requester ids,
 * which metrics/devices.h adds.
 */
struct coverage_device {
	enum coverage_iommu iommu;
	enum coverage_domain domain;
	bool own_domain;   /* a driver in the group attaches domains of its own, as vfio does */
	bool may_attach;   /* attaching a driver may yet put the device behind an IOMMU */
	bool is_requester; /* false: the function is a host bridge or an IOMMU */
	enum coverage_ids ids;
	bool id_is_device; /* one of the other requester ids is a device of its own */
	uint64_t unit;	   /* the register base of the unit of VT-d or SMMUv3; 0: not known */
	bool has_aer;	   /* the device has the capability AER */
	enum coverage_aer aer;
	char unit_name[COVERAGE_UNIT_NAME_LEN]; /* the name of the IOMMU in /sys/class/iommu */
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

/*
 * Which requester ids the DMA of @device has, whose @num other ones are @aliases.
 *
 * A bridge that replaces requester ids, and VMD, leave no request its own id.  Their ids are those
 * of another bus, or device 0 function 0 of the device's own bus.  A device that does all DMA as
 * its function 0 has only an alias of this form too.  Any other alias is a phantom function or
 * quirk of the device, which may use it beside its own id.
 */
enum coverage_ids coverage_ids_of(const struct address *device, const struct device_alias *aliases,
				  size_t num);

/* Whether a count of zero says that the device has caused no such fault. */
static inline bool coverage_is_watched(struct coverage coverage)
{
	return coverage.state >= COVERAGE_LOWER_BOUND;
}

/*
 * Whether a device without faults may be called healthy: DMA faults or AER errors of it are
 * watched, and neither of them can occur unseen.  Without the capability AER there are no AER
 * errors.  COVERAGE_BY_REQUESTER is neither: nothing is unseen, but only the requester id's own
 * health tells of it.  Faults of interrupt remapping do not decide, because not every IOMMU
 * lets them be seen.
 * @judged is a mask of 1 << kind with the kinds that the rules of health judge; other kinds do not
 * decide.
 */
bool coverage_allows_ok(const struct coverage_device *device, const struct module_status *module,
			uint32_t judged);

/*
 * The @i-th pair of a state other than COVERAGE_NONE and a reason that coverage_of() can return for
 * @kind, in the order of reasons.  Returns false if there are only @i pairs or fewer.
 */
bool coverage_possible(uint32_t kind, size_t i, struct coverage *pair);

/* The names, such as "lower_bound" and "no_iommu"; static.  COVERAGE_NO_REASON is "none". */
const char *coverage_state_name(enum coverage_state state);
const char *coverage_reason_name(enum coverage_reason reason);

#endif
