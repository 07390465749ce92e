// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics that tell who a device is, and whether its faults could be seen. */
#include "metric.h"

void collect_device_info(struct expo *e, const struct metric_device *device)
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
					{ NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

void collect_iommu_domain(struct expo *e, const struct metric_device *device)
{
	const char *type = metric_device_domain(device);
	const struct label labels[] = { { "device", device->name },
					{ "type", type },
					{ NULL, NULL } };

	if (type)
		expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

void collect_unwatched(struct expo *e, const struct snapshot *s)
{
	size_t counts[UNWATCHED_REASONS];

	(void)s;
	metric_devices_unwatched(counts);
	for (enum unwatched reason = 0; reason < UNWATCHED_REASONS; reason++)
		metric_add_for(e, "reason", unwatched_names[reason], counts[reason]);
}
