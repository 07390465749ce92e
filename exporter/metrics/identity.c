// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of the identity of devices, and of whether their faults can be seen. */
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

static void collect_unwatched(struct expo *e, const struct snapshot *s)
{
	size_t counts[UNWATCHED_REASONS];

	(void)s;
	metric_devices_unwatched(counts);
	for (enum unwatched reason = 0; reason < UNWATCHED_REASONS; reason++)
		metric_add_for(e, "reason", unwatched_names[reason], counts[reason]);
}

const struct metric identity_metrics[] = {
	{
		.family = { "faultcast_device_info", METRIC_GAUGE,
			    "Identity and location of the device. The value is always 1." },
		.details = "There is one series for each device. A label is empty where its value "
			   "is not known. Names of vendors and models are from the host's "
			   "`pci.ids`. The serial number is known from the first fault on. "
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
			"untranslated), `blocked` and others. The exporter reads it when the "
			"device is added, and when a driver is bound or unbound, because the "
			"kernel announces no other change.",
		.origin = METRIC_EXPORTER,
		.labels = "device, type",
		.collect_device = collect_iommu_domain,
	},
	{
		.family = { "faultcast_devices_unwatched", METRIC_GAUGE,
			    "PCI devices whose faults cannot be seen because no IOMMU blocks "
			    "their DMA, by reason: identity or no_iommu." },
		.details =
			"Only devices that are present count. `identity`: the IOMMU passes their "
			"DMA through. `no_iommu`: they are in no IOMMU group.",
		.origin = METRIC_EXPORTER,
		.labels = "reason",
		.collect = collect_unwatched,
	},
	{ .family.name = NULL },
};
