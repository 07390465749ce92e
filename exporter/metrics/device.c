// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of what each device has raised, by the label device. */
#include "devices.h"
#include "faultcast.h"
#include "health/watch.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/names.h"
#include "tables.h"

static void add(struct expo *e, const struct metric_device *device, const char *label,
		const char *label_value, uint64_t value, const struct exemplar *exemplar)
{
	const struct label labels[] = { { "device", device->name },
					{ label, label_value },
					{ NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, value, exemplar);
}

/* The series of other accesses appear with the first such fault; see @kind in struct metric. */
static void collect_io_page_faults(struct expo *e, const struct metric_device *device)
{
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);

	for (uint32_t access = 0; access <= FAULTCAST_ACCESS_MAX; access++) {
		if (counts->io_page_faults[access] || access == FAULTCAST_ACCESS_READ ||
		    access == FAULTCAST_ACCESS_WRITE)
			add(e, device, "access", access_name(access),
			    counts->io_page_faults[access], &exemplars->io_page_faults[access]);
	}
}

static void collect_aer_events(struct expo *e, const struct metric_device *device)
{
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);

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

static void collect_aer_errors(struct expo *e, const struct metric_device *device)
{
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		if (device->counts->aer[severity])
			add_aer_errors(e, device, severity);
}

static void collect_link_events(struct expo *e, const struct metric_device *device)
{
	const struct device_counts *counts = device->counts;
	const struct device_exemplars *exemplars = metric_device_exemplars(device);

	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
		if (counts->hotplug[event])
			add(e, device, "event", hotplug_name(event), counts->hotplug[event],
			    &exemplars->hotplug[event]);
	if (counts->link)
		add(e, device, "event", "link_changed", counts->link, &exemplars->link);
}

/* Kinds that can make a device unhealthy and have no metric of their own. */
static const struct {
	uint32_t kind;
	size_t exemplar; /* its offset in struct device_exemplars */
} other_kinds[] = {
	{ FAULTCAST_KIND_INTERRUPT_REMAPPING,
	  offsetof(struct device_exemplars, interrupt_remapping) },
	{ FAULTCAST_KIND_DPC, offsetof(struct device_exemplars, dpc) },
	{ FAULTCAST_KIND_RECOVERY, offsetof(struct device_exemplars, recovery) },
};

/* A recovery has several steps.  Only its failure is a fault. */
static uint64_t faults_of_kind(const struct device_counts *counts, uint32_t kind)
{
	return kind == FAULTCAST_KIND_RECOVERY ? counts->recovery[FAULTCAST_RECOVERY_FAILED]
					       : raised_of_kind(counts, kind);
}

static void collect_faults(struct expo *e, const struct metric_device *device)
{
	const char *exemplars = (const char *)metric_device_exemplars(device);
	const uint32_t judged = health_watch_kinds();

	for (size_t i = 0; i < sizeof(other_kinds) / sizeof(other_kinds[0]); i++) {
		const uint32_t kind = other_kinds[i].kind;
		const uint64_t raised = faults_of_kind(device->counts, kind);

		if (raised || ((judged & 1U << kind) && metric_device_is_watched(device, kind)))
			add(e, device, "kind", kind_name(kind), raised,
			    (const void *)(exemplars + other_kinds[i].exemplar));
	}
}

static void collect_suppressed(struct expo *e, const struct metric_device *device)
{
	if (device->counts->suppressed)
		metric_add_for(e, "device", device->name, device->counts->suppressed);
}

static void collect_last_fault(struct expo *e, const struct metric_device *device)
{
	const struct label labels[] = { { "device", device->name }, { NULL, NULL } };

	if (device->counts->last_real_ns)
		expo_sample(e, labels, UNIT_NANOSECONDS, device->counts->last_real_ns, NULL);
}

static void collect_health(struct expo *e, const struct metric_device *device)
{
	enum health_state state = metric_device_health(device);

	if (state != HEALTH_UNKNOWN)
		metric_add_for(e, "device", device->name, state - (uint64_t)HEALTH_OK);
}

const struct metric device_metrics[] = {
	{
		.family = { "faultcast_io_page_faults_total", METRIC_COUNTER,
			    "DMA requests of the device that the IOMMU blocked, by access: read, "
			    "write, unknown or other." },
		.details = "A device that is watched for these faults has the series of `read` and "
			   "`write`, even at zero, so that `increase()` sees the first fault. A "
			   "device that is not watched, or whose faults have another requester id, "
			   "has no zero; "
			   "`faultcast_device_coverage` counts these devices with the reason. The "
			   "series of `unknown` and `other` appear with the first such fault.",
		.origin = METRIC_KERNEL,
		.labels = "device, access",
		.collect_device = collect_io_page_faults,
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	},
	{
		.family = { "faultcast_aer_events_total", METRIC_COUNTER,
			    "PCIe Advanced Error Reporting (AER) events of the device, by "
			    "severity: corrected, nonfatal or fatal." },
		.details = "A device that is watched for these errors has all three series, even "
			   "at zero.",
		.origin = METRIC_KERNEL,
		.labels = "device, severity",
		.collect_device = collect_aer_events,
		.kind = FAULTCAST_KIND_AER,
	},
	{
		.family = { "faultcast_aer_errors_total", METRIC_COUNTER,
			    "Errors named in the device's PCIe AER events; one event can name "
			    "several errors." },
		.details = "The label `error` has the name under which the kernel logs the error.",
		.origin = METRIC_KERNEL,
		.labels = "device, severity, error",
		.collect_device = collect_aer_errors,
		.kind = FAULTCAST_KIND_AER,
	},
	{
		.family = { "faultcast_device_faults_total", METRIC_COUNTER,
			    "Faults of the device of the kinds that have no metric of their own, "
			    "by kind: interrupt_remapping, dpc or recovery." },
		.details = "`interrupt_remapping`: interrupt requests of the device that the IOMMU "
			   "refused. A device without such faults has the series, at zero, if "
			   "they would be counted and a health rule counts them.\n"
			   "`dpc`: containments of the port that the label names, or whose source "
			   "is the device. `recovery`: recoveries that failed. Their series appear "
			   "with the first one.",
		.origin = METRIC_KERNEL,
		.labels = "device, kind",
		.collect_device = collect_faults,
	},
	{
		.family = { "faultcast_link_events_total", METRIC_COUNTER,
			    "Hotplug and link events at the PCIe port that the label device names, "
			    "by event." },
		.details = "Events are `card_present`, `card_not_present`, `link_up`, `link_down`, "
			   "`link_changed` and `other`. A series appears with its first event.",
		.origin = METRIC_KERNEL,
		.labels = "device, event",
		.collect_device = collect_link_events,
	},
	{
		.family = { "faultcast_device_last_fault_timestamp_seconds", METRIC_GAUGE,
			    "Unix time of the device's last event of any kind." },
		.details = "The series appears with the first event. Test events do not count.",
		.origin = METRIC_KERNEL,
		.labels = "device",
		.collect_device = collect_last_fault,
	},
	{
		.family = { "faultcast_events_suppressed_total", METRIC_COUNTER,
			    "Events of the device that storm control did not publish." },
		.details = "The series appears with the first event that is suppressed. The other "
			   "counters of the device count suppressed events too.",
		.origin = METRIC_KERNEL,
		.labels = "device",
		.collect_device = collect_suppressed,
	},
	{
		.family = { "faultcast_device_health", METRIC_GAUGE,
			    "Health of the device by the configured rules: 0 = ok, 1 = suspect, "
			    "2 = faulty." },
		.details = "A device for which no rule holds has a sample only if its DMA faults "
			   "or its AER errors are watched and neither can occur unseen. A kind "
			   "that no rule judges does not matter, nor does AER where the device "
			   "does not have it.",
		.origin = METRIC_KERNEL,
		.labels = "device",
		.collect_device = collect_health,
	},
	{ .family.name = NULL },
};
