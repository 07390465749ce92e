// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe on the tracepoint iommu:io_page_fault.  report_iommu_fault() fires this
 * tracepoint; the drivers of AMD, arm-smmu v1/v2 and others call that function.
 * Intel VT-d does not: see vtd.c.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <trace/events/iommu.h>

#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "probe.h"

static struct tracepoint *tracepoint;

/*
 * IOMMU_FAULT_READ is 0.  Some drivers (ipmmu, qcom) pass 0 for "unknown", and all
 * of these pass a platform device.  AMD passes a PCI device and arm-smmu passes
 * NULL; from them 0 means a read.
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

/* Runs in hard irq or in an interrupt thread. */
static void on_fault(void *unused, struct device *dev, unsigned long iova, int flags)
{
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_dev(dev),
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.access = access_of(dev, flags),
		.iova = iova,
		.has = FAULTCAST_HAS_IOVA,
	};

	faultcast_raise(&ev);
}

static int attach(struct faultcast_probe *probe)
{
	check_trace_callback_type_io_page_fault(on_fault);
	return faultcast_hook_tracepoint(probe, "iommu:io_page_fault", on_fault,
						  &tracepoint);
}

static void detach(void)
{
	tracepoint_probe_unregister(tracepoint, on_fault, NULL);
}

struct faultcast_probe faultcast_probe_iommu = {
	.name = "iommu",
	.attach = attach,
	.detach = detach,
};
