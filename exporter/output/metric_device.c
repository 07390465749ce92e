// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics that have a device label. */
#include <stdlib.h>
#include <string.h>

#include "../aer.h"
#include "../clock.h"
#include "../devices.h"
#include "../expo/text.h"
#include "../snapshot.h"
#include "health_watch.h"
#include "metric.h"

static const char *const access_names[FAULTCAST_ACCESS_MAX + 1] = {
	[FAULTCAST_ACCESS_UNKNOWN] = "unknown",
	[FAULTCAST_ACCESS_READ] = "read",
	[FAULTCAST_ACCESS_WRITE] = "write",
	[FAULTCAST_ACCESS_OTHER] = "other",
};

/*
 * Whether one of these probes is active, and none has failed: that one might
 * have seen what the others cannot.
 */
static bool is_watched(const struct module_status *module, const char *const *probes)
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

static const char *const io_page_fault_probes[] = { "vtd", "iommu", NULL };
static const char *const aer_probes[] = { "aer", NULL };
static const char *const health_probes[] = { "vtd", "iommu", "aer", NULL };

typedef void add_device_fn(struct strbuf *sb, const struct metric *m,
			   const struct device_counts *counts);

/*
 * Calls @add for every device that has raised something, and, while one of
 * @probes watches, with zeros for every one that is present and has not, so that
 * increase() sees a first fault.
 */
static void for_each_device(struct strbuf *sb, const struct metric *m, const struct snapshot *s,
			    const char *const *probes, add_device_fn *add)
{
	struct device_counts none = { 0 };
	size_t count;
	const struct pci_device *present = devices_list(&count);
	bool *raised = calloc(count + 1, sizeof(*raised));

	if (!raised) {
		sb->failed = true;
		return;
	}
	for (size_t i = 0; i < s->num_devices; i++) {
		const struct pci_device *device = devices_find(&s->devices[i].address);

		if (device)
			raised[device - present] = true;
		add(sb, m, &s->devices[i]);
	}
	for (size_t i = 0; i < count && is_watched(&s->module, probes); i++) {
		none.address = present[i].address;
		if (!raised[i])
			add(sb, m, &none);
	}
	free(raised);
}

/* Reads and writes always, others once there are some. */
static void add_io_page_faults(struct strbuf *sb, const struct metric *m,
			       const struct device_counts *counts)
{
	bool always = devices_find(&counts->address) ||
		      raised_of_kind(counts, FAULTCAST_KIND_IO_PAGE_FAULT);
	char device[ADDRESS_LEN];

	address_format(&counts->address, device);
	for (uint32_t access = 0; access <= FAULTCAST_ACCESS_MAX; access++) {
		const struct label labels[] = { { "device", device },
						{ "access", access_names[access] },
						{ NULL, NULL } };

		if (counts->io_page_faults[access] ||
		    (always &&
		     (access == FAULTCAST_ACCESS_READ || access == FAULTCAST_ACCESS_WRITE)))
			text_count(sb, m->name, "", labels, counts->io_page_faults[access]);
	}
}

void collect_io_page_faults(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for_each_device(sb, m, s, io_page_fault_probes, add_io_page_faults);
}

/* All severities for a device that has AER, or that has had such an event. */
static void add_aer_events(struct strbuf *sb, const struct metric *m,
			   const struct device_counts *counts)
{
	const struct pci_device *present = devices_find(&counts->address);
	char device[ADDRESS_LEN];

	if (!raised_of_kind(counts, FAULTCAST_KIND_AER) && !(present && present->has_aer))
		return;
	address_format(&counts->address, device);
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++) {
		const struct label labels[] = { { "device", device },
						{ "severity", aer_severity_name(severity) },
						{ NULL, NULL } };

		text_count(sb, m->name, "", labels, counts->aer[severity]);
	}
}

void collect_aer_events(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for_each_device(sb, m, s, aer_probes, add_aer_events);
}

void collect_aer_errors(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for (size_t i = 0; i < s->num_devices; i++) {
		const struct device_counts *counts = &s->devices[i];
		char device[ADDRESS_LEN];

		address_format(&counts->address, device);
		for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++) {
			for (uint32_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++) {
				const struct label labels[] = {
					{ "device", device },
					{ "severity", aer_severity_name(severity) },
					{ "error", aer_error_name(severity, bit) },
					{ NULL, NULL }
				};

				if (counts->aer_errors[severity][bit])
					text_count(sb, m->name, "", labels,
						   counts->aer_errors[severity][bit]);
			}
		}
	}
}

static void add_link_event(struct strbuf *sb, const struct metric *m, const char *device,
			   const char *event, uint64_t count)
{
	const struct label labels[] = { { "device", device }, { "event", event }, { NULL, NULL } };

	if (count)
		text_count(sb, m->name, "", labels, count);
}

void collect_link_events(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	static const char *const names[FAULTCAST_HOTPLUG_MAX + 1] = {
		[FAULTCAST_HOTPLUG_LINK_UP] = "link_up",
		[FAULTCAST_HOTPLUG_LINK_DOWN] = "link_down",
		[FAULTCAST_HOTPLUG_CARD_PRESENT] = "card_present",
		[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = "card_not_present",
		[FAULTCAST_HOTPLUG_OTHER] = "other",
	};

	for (size_t i = 0; i < s->num_devices; i++) {
		const struct device_counts *counts = &s->devices[i];
		char device[ADDRESS_LEN];

		address_format(&counts->address, device);
		for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
			add_link_event(sb, m, device, names[event], counts->hotplug[event]);
		add_link_event(sb, m, device, "link_changed", counts->link);
	}
}

void collect_suppressed(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for (size_t i = 0; i < s->num_devices; i++) {
		char device[ADDRESS_LEN];

		if (!s->devices[i].suppressed)
			continue;
		address_format(&s->devices[i].address, device);
		metric_add(sb, m, "device", device, s->devices[i].suppressed);
	}
}

void collect_last_fault(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for (size_t i = 0; i < s->num_devices; i++) {
		const struct device_counts *device = &s->devices[i];
		char name[ADDRESS_LEN];
		const struct label labels[] = { { "device", name }, { NULL, NULL } };

		if (!device->last_real_ns)
			continue;
		address_format(&device->address, name);
		text_value(sb, m->name, "", labels,
			   (double)device->last_real_ns / (double)NSEC_PER_SEC);
	}
}

static void add_health(struct strbuf *sb, const struct metric *m,
		       const struct device_counts *counts)
{
	char device[ADDRESS_LEN];

	if (!counts->first_real_ns && !devices_find(&counts->address))
		return;
	address_format(&counts->address, device);
	metric_add(sb, m, "device", device,
		   health_watch_state(&counts->address) - (uint64_t)HEALTH_OK);
}

void collect_health(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	if (health_watch_knows(s->module.instance))
		for_each_device(sb, m, s, health_probes, add_health);
}
