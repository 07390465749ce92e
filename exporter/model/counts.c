// SPDX-License-Identifier: GPL-2.0-or-later
#include "counts.h"
#include "faultcast.h"

#include <stddef.h>

static uint64_t sum(const uint64_t *counts, size_t n)
{
	uint64_t total = 0;

	while (n)
		total += counts[--n];
	return total;
}

uint64_t raised_of_kind(const struct device_counts *counts, uint32_t kind)
{
	switch (kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		return sum(counts->io_page_faults, FAULTCAST_ACCESS_MAX + 1);
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return counts->interrupt_remapping;
	case FAULTCAST_KIND_AER:
		return sum(counts->aer, FAULTCAST_SEVERITY_MAX + 1);
	case FAULTCAST_KIND_LINK:
		return counts->link;
	case FAULTCAST_KIND_HOTPLUG:
		return sum(counts->hotplug, FAULTCAST_HOTPLUG_MAX + 1);
	case FAULTCAST_KIND_IOMMU_ERROR:
		return counts->iommu_errors;
	case FAULTCAST_KIND_DPC:
		return sum(counts->dpc, FAULTCAST_DPC_MAX + 1);
	case FAULTCAST_KIND_RECOVERY:
		return sum(counts->recovery, FAULTCAST_RECOVERY_MAX + 1);
	}
	return 0;
}
