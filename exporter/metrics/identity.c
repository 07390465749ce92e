// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of the identity of devices. */
#include "devices.h"
#include "tables.h"

static void collect_device_info(struct expo *e, const struct metric_device *device)
{
	struct device_info info;

	if (!metric_device_info(device, &info))
		return;
	const struct label labels[] = { { "device", device->name },
					{ "slot", info.slot },
					{ "driver", info.driver },
					{ "vendor_id", info.vendor_id },
					{ "device_id", info.device_id },
					{ "vendor", info.vendor },
					{ "model", info.model },
					{ "root_port", info.root_port },
					{ "numa_node", info.numa_node },
					{ "serial", info.serial },
					{ "class", info.class_code },
					{ "physfn", info.physfn },
					{ NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

static void collect_iommu_domain(struct expo *e, const struct metric_device *device)
{
	const char *type = metric_device_domain(device);
	const struct label labels[] = { { "device", device->name },
					{ "type", type },
					{ NULL, NULL } };

	if (type)
		expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

const struct metric identity_metrics[] = {
	{
		.family = { "faultcast_device_info", METRIC_GAUGE,
			    "Identity and location of the device. The value is always 1." },
		.details =
			"There is one series for each device. A label is empty where its value "
			"is not known. Names of vendors and models are from the host's "
			"`pci.ids`. The kernel module reads serial numbers in the first minutes. "
			"`serial` is empty for clients of TCP unless `--metrics.serial` is set. "
			"`root_port` is the port on the root bus above the device. `slot` is "
			"the nearest physical slot up the tree. `class` is the class code. "
			"`physfn` is the physical function that a virtual function belongs to.",
		.origin = METRIC_EXPORTER,
		.labels = "device, slot, driver, vendor_id, device_id, vendor, model, root_port, "
			  "numa_node, serial, class, physfn",
		.collect_device = collect_device_info,
	},
	{
		.family = { "faultcast_device_iommu_domain", METRIC_GAUGE,
			    "Type of the device's IOMMU domain, or none if the device is in no "
			    "IOMMU group. The value is always 1." },
		.details =
			"The type is from sysfs: `DMA`, `DMA-FQ`, `identity` (DMA passes through "
			"untranslated), `blocked` and others. It is the type of the default "
			"domain, and does not change when a driver such as VFIO attaches a domain "
			"of its own. The exporter reads it when the device is added, when a driver "
			"is bound or unbound, and once in 30 seconds, because the kernel announces "
			"no other change.",
		.origin = METRIC_EXPORTER,
		.labels = "device, type",
		.collect_device = collect_iommu_domain,
	},
	{ .family.name = NULL },
};
