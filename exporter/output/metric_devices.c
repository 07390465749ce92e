// SPDX-License-Identifier: GPL-2.0-or-later
#include "metric_devices.h"

#include <errno.h>
#include <stdlib.h>

#include "health_watch.h"

static const struct device_counts no_counts;

static enum health_state health_now(const struct address *address,
				    const struct device_counts *counts, bool judged)
{
	if (!judged)
		return HEALTH_UNKNOWN;
	/* Of one that has never faulted the rules know nothing. */
	return counts->first_real_ns ? health_watch_state(address) : HEALTH_OK;
}

int metric_devices_build(struct metric_devices *devices, const struct snapshot *s)
{
	size_t num_present;
	const struct pci_device *present = devices_list(&num_present);
	bool *counted = calloc(num_present + 1, sizeof(*counted));
	const bool judged = health_watch_knows(s->module.instance);

	*devices = (struct metric_devices){ 0 };
	devices->list = calloc(s->num_devices + num_present + 1, sizeof(*devices->list));
	if (!counted || !devices->list) {
		free(counted);
		metric_devices_free(devices);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->num_devices; i++) {
		const struct device_counts *counts = &s->devices[i];
		struct metric_device *device = &devices->list[devices->count++];

		device->counts = counts;
		device->counted = true;
		device->exemplars = exemplars_of(s->module.instance, counts->slot);
		device->present = devices_find(&counts->address);
		if (device->present)
			counted[device->present - present] = true;
		device->health = health_now(&counts->address, counts, judged);
		address_format(&counts->address, device->name);
	}
	for (size_t i = 0; i < num_present; i++) {
		struct metric_device *device = &devices->list[devices->count];

		if (counted[i])
			continue;
		devices->count++;
		device->counts = &no_counts;
		device->present = &present[i];
		device->exemplars = exemplars_of(0, 0);
		device->health = health_now(&present[i].address, &no_counts, judged);
		address_format(&present[i].address, device->name);
	}
	free(counted);
	return 0;
}

void metric_devices_free(struct metric_devices *devices)
{
	free(devices->list);
	*devices = (struct metric_devices){ 0 };
}
