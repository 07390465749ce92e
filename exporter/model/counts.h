/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel module's counters of one device. Pure. */
#ifndef FAULTCAST_MODEL_COUNTS_H
#define FAULTCAST_MODEL_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "faultcast.h"
#include "identity.h"

#define DEVICE_ALIASES_MAX 32 /* the module sends no more */

/* Another requester id under which the IOMMU may see the DMA of a device. */
struct device_alias {
	uint32_t segment;
	uint16_t bdf;
};

struct device_counts {
	struct address address;
	uint32_t slot;
	uint64_t io_page_faults[FAULTCAST_ACCESS_MAX + 1];
	uint64_t interrupt_remapping;
	uint64_t aer[FAULTCAST_SEVERITY_MAX + 1];
	uint64_t link;
	uint64_t hotplug[FAULTCAST_HOTPLUG_MAX + 1];
	uint64_t iommu_errors; /* the address names the IOMMU */
	uint64_t dpc[FAULTCAST_DPC_MAX + 1];
	uint64_t recovery[FAULTCAST_RECOVERY_MAX + 1];
	uint64_t synthetic;
	uint64_t other;	 /* counters that this exporter does not know */
	uint64_t raised; /* sum of the counters above */
	uint64_t published;
	uint64_t suppressed;
	uint64_t lost;
	uint64_t first_real_ns; /* 0: no real fault yet */
	uint64_t last_real_ns;
	/* Not part of raised: an event may set several bits. */
	uint64_t aer_errors[FAULTCAST_SEVERITY_MAX + 1][FAULTCAST_AER_BIT_NONE + 1];
	struct device_identity identity;
	struct device_alias aliases[DEVICE_ALIASES_MAX];
	uint32_t num_aliases;
	bool present;
	bool has_limit;
	uint32_t rate;
	uint32_t burst;
};

/*
 * True for a device that has raised nothing and has no limit of its own.  The module lists it
 * because it is present; its counters are zero whether or not its faults could be seen.
 */
static inline bool counts_are_quiet(const struct device_counts *counts)
{
	return !counts->raised && !counts->has_limit;
}

/* The faults of @kind, an enum faultcast_kind; 0 for a summary and for an unknown kind. */
uint64_t raised_of_kind(const struct device_counts *counts, uint32_t kind);

#endif
