// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe on the tracepoint iommu:io_page_fault.  report_iommu_fault() fires this
 * tracepoint; the drivers of AMD, arm-smmu v1/v2 and others call that function.
 * Intel VT-d does not: see vtd.c.  Every kernel has the tracepoint, so the probe is
 * active only once such a driver has devices.  AMD's faults are ignored here while the
 * probe amd reads the event log, or each of them would be counted twice.
 */
#include <linux/acpi.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/tracepoint.h>
#include <trace/events/iommu.h>

#include "amd.h"
#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "probe.h"

static struct tracepoint *tracepoint;

/*
 * The platform drivers that call report_iommu_fault(), 6.1 to 7.3.  AMD's IOMMU has no
 * driver; its name begins with "ivhd".
 */
static const char *const reporting_drivers[] = {
	"arm-smmu", "exynos-sysmmu", "ipmmu-vmsa", "mtk-iommu", "mtk-iommu-v1", "omap-iommu",
	"qcom-iommu", "rk_iommu", "sun50i-iommu", "vsi_iommu",
};

static bool amd;	/* this machine has AMD's IOMMU */
static bool reported;	/* a device has another IOMMU whose driver calls report_iommu_fault() */
static bool amd_reported;	/* a device has AMD's IOMMU */

/*
 * IOMMU_FAULT_READ is 0.  Some drivers (ipmmu, qcom) pass 0 for "unknown", and all
 * of these pass a platform device.  arm-smmu passes NULL as the device; then 0 means a
 * read.  AMD passes a PCI device, and 0 also where the IOMMU does not tell: its flag RW
 * is valid only if PR is set (AMD IOMMU 2.5.3), and PR is not passed on.
 */
static u8 access_of(const struct device *dev, int flags)
{
	switch (flags) {
	case IOMMU_FAULT_WRITE:
		return FAULTCAST_ACCESS_WRITE;
	case IOMMU_FAULT_READ:
		return !dev || (dev_is_pci(dev) && !amd) ? FAULTCAST_ACCESS_READ :
							   FAULTCAST_ACCESS_UNKNOWN;
	default:
		return FAULTCAST_ACCESS_OTHER;
	}
}

/* A machine with AMD's IOMMU has no other whose driver reports faults of PCI devices. */
static bool is_seen_by_amd(const struct device *dev)
{
	return amd && dev && dev_is_pci(dev) && faultcast_amd_observes();
}

/* Runs in hard irq or in an interrupt thread. */
static void on_fault(void *unused, struct device *dev, unsigned long iova, int flags)
{
	struct faultcast_event ev = {
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.access = access_of(dev, flags),
		.iova = iova,
		.has = FAULTCAST_HAS_IOVA,
	};

	if (is_seen_by_amd(dev))
		return;
	ev.slot = faultcast_slot_claim_dev(dev);
	faultcast_raise(&ev);
}

#ifdef CONFIG_IOMMU_API

/* Called with the lock of the group, under which a device gets and loses its IOMMU. */
static int is_reported(struct device *dev, void *unused)
{
	const struct iommu_device *iommu = dev->iommu ? dev->iommu->iommu_dev : NULL;
	const struct device *unit = iommu ? iommu->dev : NULL;

	if (!unit)
		return 0;
	if (!strncmp(dev_name(unit), "ivhd", 4))
		WRITE_ONCE(amd_reported, true);
	return unit->parent && match_string(reporting_drivers, ARRAY_SIZE(reporting_drivers),
					    dev_driver_string(unit->parent)) >= 0;
}

/* @dev must not be removed meanwhile. */
static int look_at(struct device *dev, void *unused)
{
	struct iommu_group *group = reported ? NULL : iommu_group_get(dev);

	if (!group)
		return 0;
	if (iommu_group_for_each_dev(group, NULL, is_reported))
		WRITE_ONCE(reported, true);
	iommu_group_put(group);
	return 0;
}

#else

static int look_at(struct device *dev, void *unused)
{
	return 0;
}

#endif

/* A device gets its IOMMU when it is added, or when its first driver is bound (arm64). */
static int on_bus(struct notifier_block *nb, unsigned long action, void *dev)
{
	if (action == BUS_NOTIFY_ADD_DEVICE || action == BUS_NOTIFY_BOUND_DRIVER)
		look_at(dev, NULL);
	return NOTIFY_OK;
}

static struct notifier_block pci_notifier = { .notifier_call = on_bus };
static struct notifier_block platform_notifier = { .notifier_call = on_bus };

static void stop_looking(void)
{
	bus_unregister_notifier(&platform_bus_type, &platform_notifier);
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
}

/*
 * The devices are looked at now and when they change, and not for each answer: a device
 * may be removed at any time, and requests must not wait for hotplug.
 */
static int start_looking(void)
{
	int err = bus_register_notifier(&pci_bus_type, &pci_notifier);

	if (err)
		return err;
	err = bus_register_notifier(&platform_bus_type, &platform_notifier);
	if (err) {
		bus_unregister_notifier(&pci_bus_type, &pci_notifier);
		return err;
	}
	pci_lock_rescan_remove();
	bus_for_each_dev(&pci_bus_type, NULL, NULL, look_at);
	pci_unlock_rescan_remove();
	bus_for_each_dev(&platform_bus_type, NULL, NULL, look_at);
	return 0;
}

static const char *dormant(void)
{
	if (READ_ONCE(reported))
		return NULL;
	if (!READ_ONCE(amd_reported))
		return "no device has an IOMMU whose driver calls report_iommu_fault()";
	return faultcast_amd_observes() ? "the probe amd sees the faults of AMD's IOMMU" : NULL;
}

/* Whether the ACPI table of AMD's IOMMUs exists. */
static bool has_ivrs(void)
{
#ifdef CONFIG_AMD_IOMMU
	struct acpi_table_header *table;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_IVRS, 0, &table)))
		return false;
	acpi_put_table(table);
	return true;
#else
	return false;
#endif
}

static int attach(struct faultcast_probe *probe)
{
	int err;

	amd = has_ivrs();
	err = start_looking();
	if (err) {
		strscpy(probe->reason, "cannot follow the devices of IOMMUs",
			sizeof(probe->reason));
		return err;
	}
	check_trace_callback_type_io_page_fault(on_fault);
	err = faultcast_hook_tracepoint(probe, "iommu:io_page_fault", on_fault, &tracepoint);
	if (err) {
		stop_looking();
		return err;
	}
	probe->exact = false;
	strscpy(probe->reason, amd ?
		"AMD's driver passes on only DMA faults of devices that have a domain" :
		"the IOMMU's driver passes on only some faults", sizeof(probe->reason));
	return 0;
}

static void detach(void)
{
	tracepoint_probe_unregister(tracepoint, on_fault, NULL);
	stop_looking();
}

struct faultcast_probe faultcast_probe_iommu = {
	.name = "iommu",
	.attach = attach,
	.detach = detach,
	.dormant = dormant,
};
