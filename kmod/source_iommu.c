// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu:io_page_fault, which report_iommu_fault() fires: AMD, arm-smmu v1/v2
 * and others.  Intel VT-d does not: source_vtd.c.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <trace/events/iommu.h>

#include "event.h"

static struct tracepoint *tracepoint;

/*
 * IOMMU_FAULT_READ is 0, and some drivers (ipmmu, qcom) pass 0 for "unknown",
 * all of them with a platform device.  AMD (PCI) and arm-smmu (NULL) mean it.
 */
static u8 access_of(const struct device *dev, int flags)
{
	switch (flags) {
	case IOMMU_FAULT_WRITE:
		return FAULTCAST_ACCESS_WRITE;
	case IOMMU_FAULT_READ:
		return !dev || dev_is_pci(dev) ? FAULTCAST_ACCESS_READ : FAULTCAST_ACCESS_UNKNOWN;
	default:
		return FAULTCAST_ACCESS_OTHER;
	}
}

/* Hard irq or a threaded one. */
static void probe(void *unused, struct device *dev, unsigned long iova, int flags)
{
	struct faultcast_event ev = {
		.slot = faultcast_registry_claim_dev(dev),
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.access = access_of(dev, flags),
		.iova = iova,
		.has = FAULTCAST_HAS_IOVA,
	};

	faultcast_source_raise(&ev);
}

static int attach(struct faultcast_source *source)
{
	int err;

	check_trace_callback_type_io_page_fault(probe);
	tracepoint = faultcast_source_tracepoint("io_page_fault");
	if (!tracepoint) {
		strscpy(source->reason, "this kernel has no tracepoint iommu:io_page_fault",
			sizeof(source->reason));
		return -ENOENT;
	}
	err = tracepoint_probe_register(tracepoint, probe, NULL);
	if (err) {
		strscpy(source->reason, "the tracepoint iommu:io_page_fault refused",
			sizeof(source->reason));
		/* Never mistaken for a kernel that lacks it. */
		return err == -ENODEV || err == -ENOENT ? -EIO : err;
	}
	source->exact = true;
	return 0;
}

static void detach(void)
{
	tracepoint_probe_unregister(tracepoint, probe, NULL);
}

struct faultcast_source faultcast_source_iommu = {
	.name = "iommu",
	.attach = attach,
	.detach = detach,
};
