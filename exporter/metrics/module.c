// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of the kernel module as a whole, and of its probes. */
#include <stdio.h>

#include "bus/bus.h"
#include "bus/snapshot.h"
#include "faultcast.h"
#include "model/counts.h"
#include "model/module.h"
#include "model/names.h"
#include "model/skew.h"
#include "tables.h"

static void add_kinds(struct expo *e, const uint64_t *counts)
{
	/* The kind SUPPRESSED is a summary of events of other kinds. */
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (kind != FAULTCAST_KIND_SUPPRESSED)
			metric_add_for(e, "kind", kind_name(kind), counts[kind]);
}

static void collect_raised(struct expo *e, const struct snapshot *s)
{
	uint64_t raised[FAULTCAST_KIND_MAX + 1] = { 0 };

	for (size_t i = 0; i < s->num_devices; i++)
		for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
			raised[kind] += raised_of_kind(&s->devices[i], kind);
	add_kinds(e, raised);
}

static void collect_published(struct expo *e, const struct snapshot *s)
{
	add_kinds(e, s->module.published_kind);
}

/* Adds the events that @output has dropped.  The stage has the output's name. */
static void add_dropped(void *ctx, const struct output *output, const struct output_counts *counts)
{
	if (output->loses_events)
		metric_add_for(ctx, "stage", output->name, counts->dropped);
}

static void collect_lost(struct expo *e, const struct snapshot *s)
{
	const uint64_t started_ns = e->created_ns;

	if (s->present) {
		/* Unlike the others, this sample counts since the module was loaded. */
		e->created_ns = s->module.loaded_real_ns;
		metric_add_for(e, "stage", "queue", s->module.lost);
		e->created_ns = started_ns;
	}
	metric_add_for(e, "stage", "history", bus_feed()->gap_events);
	bus_each_output(add_dropped, e);
}

static void collect_synthetic(struct expo *e, const struct snapshot *s)
{
	uint64_t synthetic = 0;

	for (size_t i = 0; i < s->num_devices; i++)
		synthetic += s->devices[i].synthetic;
	metric_add(e, synthetic);
}

static void collect_hw_overflow(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.hw_overflow);
}

static void collect_probe_missed(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.nmissed);
}

static void collect_unknown_unit(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.unknown_unit);
}

static void collect_iommu_errors(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_errors; i++) {
		const struct iommu_error *error = &s->module.errors[i];
		const struct label labels[] = { { "iommu", s->module.units[error->unit].name },
						{ "error", error->name },
						{ NULL, NULL } };

		if (*s->module.units[error->unit].name)
			expo_sample(e, labels, UNIT_WHOLE, error->count, NULL);
	}
}

static void collect_iommu_stalls(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_units; i++)
		if (s->module.units[i].type == FAULTCAST_IOMMU_TYPE_SMMUV3 &&
		    *s->module.units[i].name)
			metric_add_for(e, "iommu", s->module.units[i].name,
				       s->module.units[i].stalls);
}

static void collect_probe_up(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++)
		metric_add_for(e, "probe", s->module.probes[i].name,
			       s->module.probes[i].state == FAULTCAST_PROBE_ACTIVE);
}

static void collect_probe_failed(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++)
		metric_add_for(e, "probe", s->module.probes[i].name,
			       s->module.probes[i].state == FAULTCAST_PROBE_FAILED);
}

static void collect_probe_info(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++) {
		const struct probe_status *probe = &s->module.probes[i];
		const struct label labels[] = { { "probe", probe->name },
						{ "exact", probe->exact ? "true" : "false" },
						{ NULL, NULL } };

		if (probe->state == FAULTCAST_PROBE_ACTIVE)
			expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
	}
}

static void collect_module_info(struct expo *e, const struct snapshot *s)
{
	char abi[16];
	const struct label labels[] = { { "version", s->module.version },
					{ "abi", abi },
					{ NULL, NULL } };

	snprintf(abi, sizeof(abi), "%u", s->module.abi);
	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

static void collect_load_time(struct expo *e, const struct snapshot *s)
{
	expo_sample(e, NULL, UNIT_NANOSECONDS, s->module.loaded_real_ns, NULL);
}

static void collect_abi_skew(struct expo *e, const struct snapshot *s)
{
	metric_add_for(e, "module", "older", skew_of(&s->module) < 0);
	metric_add_for(e, "module", "newer", skew_of(&s->module) > 0);
}

const struct metric module_metrics[] = {
	{
		.family = { "faultcast_events_raised_total", METRIC_COUNTER,
			    "Events that the kernel module's probes have seen, by kind." },
		.details = "Kinds are `io_page_fault`, `interrupt_remapping`, `aer`, `link`, "
			   "`hotplug`, `iommu_error`, `dpc` and `recovery`. "
			   "Each event is counted here, also if it was suppressed or lost "
			   "afterwards.",
		.origin = METRIC_KERNEL,
		.labels = "kind",
		.collect = collect_raised,
	},
	{
		.family = { "faultcast_events_published_total", METRIC_COUNTER,
			    "Events that the kernel module has given a sequence number and sent "
			    "by netlink multicast, by kind." },
		.origin = METRIC_KERNEL,
		.labels = "kind",
		.collect = collect_published,
	},
	{
		.family = { "faultcast_events_lost_total", METRIC_COUNTER,
			    "Events lost, by stage: the kernel module's queue, the kernel "
			    "module's history, or an output of the exporter." },
		.details = "- `queue`: the kernel module's queue was full. This stage is counted "
			   "since the kernel module was loaded, and has no sample while the "
			   "module is not loaded.\n"
			   "- `history`: the kernel module had overwritten the event before the "
			   "exporter could fetch it.\n"
			   "- `stream`: a client of `/v1/events` was too slow. The event counts "
			   "once for each such client.\n"
			   "- `store`: the event was not stored. Readers of the store are told "
			   "about the gap.",
		.origin = METRIC_EXPORTER,
		.labels = "stage",
		.collect = collect_lost,
	},
	{
		.family = { "faultcast_synthetic_events_total", METRIC_COUNTER,
			    "Test events that were injected into the kernel module." },
		.details = "No other metric of faults counts these events. A test event that is "
			   "suppressed or lost counts as suppressed or lost.",
		.origin = METRIC_KERNEL,
		.collect = collect_synthetic,
	},
	{
		.family = { "faultcast_hw_overflow_total", METRIC_COUNTER,
			    "Number of times that an IOMMU reported dropped fault records." },
		.origin = METRIC_KERNEL,
		.collect = collect_hw_overflow,
	},
	{
		.family = { "faultcast_iommu_errors_total", METRIC_COUNTER,
			    "Errors that an IOMMU reported and that no device is to blame for, by "
			    "IOMMU and error." },
		.details = "These are errors of the IOMMU and of the host's tables. Their events "
			   "name the requester, if there was one. A series appears with its first "
			   "error; `faultcast_events_raised_total{kind=\"iommu_error\"}` is their "
			   "sum, and always there.",
		.origin = METRIC_KERNEL,
		.labels = "iommu, error",
		.collect = collect_iommu_errors,
	},
	{
		.family = { "faultcast_iommu_stalls_total", METRIC_COUNTER,
			    "Recoverable page requests that an SMMUv3 reported; these are normal "
			    "operation and raise no event." },
		.origin = METRIC_KERNEL,
		.labels = "iommu",
		.collect = collect_iommu_stalls,
	},
	{
		.family = { "faultcast_probe_missed_total", METRIC_COUNTER,
			    "Probe hits for which the kernel could not run the probe's "
			    "handler." },
		.origin = METRIC_KERNEL,
		.collect = collect_probe_missed,
	},
	{
		.family = { "faultcast_unknown_unit_total", METRIC_COUNTER,
			    "Faults reported by an IOMMU that is not in the firmware's DMAR "
			    "table." },
		.origin = METRIC_KERNEL,
		.collect = collect_unknown_unit,
	},
	{
		.family = { "faultcast_probe_up", METRIC_GAUGE,
			    "1 if the probe is active, else 0." },
		.details = "The reason why a probe is not active is in `/v1/status`.",
		.origin = METRIC_KERNEL,
		.labels = "probe",
		.collect = collect_probe_up,
	},
	{
		.family = { "faultcast_probe_failed", METRIC_GAUGE,
			    "1 if attaching the probe failed although this kernel has the function "
			    "or tracepoint for it, else 0." },
		.origin = METRIC_KERNEL,
		.labels = "probe",
		.collect = collect_probe_failed,
	},
	{
		.family = { "faultcast_probe_info", METRIC_GAUGE,
			    "Accuracy of an active probe; exact=\"false\" means that its counts "
			    "are a lower bound. The value is always 1." },
		.origin = METRIC_KERNEL,
		.labels = "probe, exact",
		.collect = collect_probe_info,
	},
	{
		.family = { "faultcast_module_info", METRIC_GAUGE,
			    "Version and ABI number of the loaded kernel module. The value is "
			    "always 1." },
		.origin = METRIC_KERNEL,
		.labels = "version, abi",
		.collect = collect_module_info,
	},
	{
		.family = { "faultcast_module_load_timestamp_seconds", METRIC_GAUGE,
			    "Unix time when the kernel module was loaded. Its counters of faults "
			    "begin then." },
		.details = "[install.md](install.md#faults-before-the-module-is-loaded) says where "
			   "earlier faults are, and how to load the module earlier.",
		.origin = METRIC_KERNEL,
		.collect = collect_load_time,
	},
	{
		.family = { "faultcast_module_abi_skew", METRIC_GAUGE,
			    "1 if the kernel module's ABI is older or newer (label module) than "
			    "the ABI that the exporter was built for, else 0." },
		.origin = METRIC_KERNEL,
		.labels = "module",
		.collect = collect_abi_skew,
	},
	{ .family.name = NULL },
};
