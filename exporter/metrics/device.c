// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics that have a device label. */
#include <string.h>

#include "faultcast.h"
#include "metric.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/module.h"
#include "model/names.h"

static const char *const access_names[FAULTCAST_ACCESS_MAX + 1] = {
	[FAULTCAST_ACCESS_UNKNOWN] = "unknown",
	[FAULTCAST_ACCESS_READ] = "read",
	[FAULTCAST_ACCESS_WRITE] = "write",
	[FAULTCAST_ACCESS_OTHER] = "other",
};

const char *const io_page_fault_probes[] = { "vtd", "iommu", NULL };
const char *const aer_probes[] = { "aer", NULL };
const char *const health_probes[] = { "vtd", "iommu", "aer", NULL };

/* One that has failed might have seen what the others cannot. */
bool metric_is_watched(const struct module_status *module, const char *const *probes)
{
	bool active = false;

	for (unsigned int i = 0; i < module->num_probes; i++) {
		const struct probe_status *probe = &module->probes[i];

		for (size_t j = 0; probes[j]; j++) {
			if (strcmp(probe->name, probes[j]) != 0)
				continue;
			if (probe->state == FAULTCAST_PROBE_FAILED)
				return false;
			active |= probe->state == FAULTCAST_PROBE_ACTIVE;
		}
	}
	return active;
}

static void add(struct expo *e, const struct metric_device *device, const char *label,
		const char *label_value, uint64_t value, const struct exemplar *exemplar)
{
	const struct label labels[] = { { "device", device->name },
					{ label, label_value },
					{ NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, value, exemplar);
}

/* Reads and writes always, others once there are some. */
void collect_io_page_faults(struct expo *e, const struct metric_device *device)
{
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);
	bool always = device->pci || raised_of_kind(counts, FAULTCAST_KIND_IO_PAGE_FAULT);

	for (uint32_t access = 0; access <= FAULTCAST_ACCESS_MAX; access++) {
		if (counts->io_page_faults[access] ||
		    (always &&
		     (access == FAULTCAST_ACCESS_READ || access == FAULTCAST_ACCESS_WRITE)))
			add(e, device, "access", access_names[access],
			    counts->io_page_faults[access], &exemplars->io_page_faults[access]);
	}
}

/* All severities for a device that has AER, or that has had such an event. */
void collect_aer_events(struct expo *e, const struct metric_device *device)
{
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);

	if (!raised_of_kind(counts, FAULTCAST_KIND_AER) && !(device->pci && device->pci->has_aer))
		return;
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		add(e, device, "severity", aer_severity_name(severity), counts->aer[severity],
		    &exemplars->aer[severity]);
}

static void add_aer_errors(struct expo *e, const struct metric_device *device, uint32_t severity)
{
	for (uint32_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++) {
		const uint64_t count = device->counts->aer_errors[severity][bit];

		if (count) {
			const struct label labels[] = {
				{ "device", device->name },
				{ "severity", aer_severity_name(severity) },
				{ "error", aer_error_name(severity, bit) },
				{ NULL, NULL },
			};

			expo_sample(e, labels, UNIT_WHOLE, count, NULL);
		}
	}
}

void collect_aer_errors(struct expo *e, const struct metric_device *device)
{
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		if (device->counts->aer[severity])
			add_aer_errors(e, device, severity);
}

void collect_link_events(struct expo *e, const struct metric_device *device)
{
	static const char *const names[FAULTCAST_HOTPLUG_MAX + 1] = {
		[FAULTCAST_HOTPLUG_LINK_UP] = "link_up",
		[FAULTCAST_HOTPLUG_LINK_DOWN] = "link_down",
		[FAULTCAST_HOTPLUG_CARD_PRESENT] = "card_present",
		[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = "card_not_present",
		[FAULTCAST_HOTPLUG_OTHER] = "other",
	};
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);

	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
		if (counts->hotplug[event])
			add(e, device, "event", names[event], counts->hotplug[event],
			    &exemplars->hotplug[event]);
	if (counts->link)
		add(e, device, "event", "link_changed", counts->link, &exemplars->link);
}

void collect_suppressed(struct expo *e, const struct metric_device *device)
{
	if (device->counts->suppressed)
		metric_add_for(e, "device", device->name, device->counts->suppressed);
}

void collect_last_fault(struct expo *e, const struct metric_device *device)
{
	const struct label labels[] = { { "device", device->name }, { NULL, NULL } };

	if (device->counts->last_real_ns)
		expo_sample(e, labels, UNIT_NANOSECONDS, device->counts->last_real_ns, NULL);
}

void collect_health(struct expo *e, const struct metric_device *device)
{
	if (device->health != HEALTH_UNKNOWN && (device->counts->first_real_ns || device->pci))
		metric_add_for(e, "device", device->name, device->health - (uint64_t)HEALTH_OK);
}
