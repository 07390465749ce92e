// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault counters are the kernel's own: they are exact whatever happens to this
 * process, and absent while the module is.  Synthetic events are in
 * none of them but synthetic_events_total, unless they get lost.
 */
#include "metrics.h"

#include <stdio.h>

#include "../clock.h"
#include "../expo/text.h"
#include "../message.h"
#include "../snapshot.h"
#include "health_watch.h"
#include "metric.h"
#include "process.h"
#include "store.h"
#include "stream.h"

/* From the fault handler to this process, in nanoseconds; a factor of about 3. */
static const uint64_t delivery_bounds_ns[] = {
	10000,	  30000,     100000,	300000,	    1000000,	3000000,     10000000,
	30000000, 100000000, 300000000, 1000000000, 3000000000, 10000000000,
};

#define NUM_BOUNDS (sizeof(delivery_bounds_ns) / sizeof(delivery_bounds_ns[0]))

static struct {
	uint64_t buckets[NUM_BOUNDS + 1];
	uint64_t count;
	uint64_t sum_ns;
} delivery;

static uint64_t events;

static void on_event(const struct fault_event *ev, bool live)
{
	uint64_t now = clock_mono_ns(), took;
	size_t i = 0;

	events++;
	if (!live || ev->synthetic)
		return;
	took = now > ev->mono_ns ? now - ev->mono_ns : 0;
	while (i < NUM_BOUNDS && took > delivery_bounds_ns[i])
		i++;
	delivery.buckets[i]++;
	delivery.count++;
	delivery.sum_ns += took;
}

static void on_gap(const struct cursor *at, const struct fault_gap *gap)
{
	(void)at;
	(void)gap; /* counted by the source, see collect_lost() */
}

static void counts(struct output_counts *c)
{
	c->sent = events;
}

const struct output output_metrics = {
	.name = "metrics",
	.on_event = on_event,
	.on_gap = on_gap,
	.counts = counts,
};

void metric_add(struct strbuf *sb, const struct metric *m, const char *label,
		const char *label_value, uint64_t value)
{
	const struct label labels[] = { { label, label_value }, { NULL, NULL } };

	text_count(sb, m->name, "", labels, value);
}

static void add_kinds(struct strbuf *sb, const struct metric *m, const uint64_t *counts)
{
	/* A summary is no kind of fault. */
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (kind != FAULTCAST_KIND_SUPPRESSED)
			metric_add(sb, m, "kind", kind_name(kind), counts[kind]);
}

static void collect_raised(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	uint64_t raised[FAULTCAST_KIND_MAX + 1] = { 0 };

	for (size_t i = 0; i < s->num_devices; i++)
		for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
			raised[kind] += raised_of_kind(&s->devices[i], kind);
	add_kinds(sb, m, raised);
}

static void collect_published(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	add_kinds(sb, m, s->module.published_kind);
}

static void collect_lost(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	struct store_status store;

	if (s->present)
		metric_add(sb, m, "stage", "queue", s->module.lost);
	metric_add(sb, m, "stage", "history", bus_source()->gap_events);
	metric_add(sb, m, "stage", "stream", stream_missed());
	if (store_get_status(&store))
		metric_add(sb, m, "stage", "store", store_dropped());
}

static void collect_synthetic(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	uint64_t synthetic = 0;

	for (size_t i = 0; i < s->num_devices; i++)
		synthetic += s->devices[i].synthetic;
	text_count(sb, m->name, "", NULL, synthetic);
}

static void collect_hw_overflow(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	text_count(sb, m->name, "", NULL, s->module.hw_overflow);
}

static void collect_probe_missed(struct strbuf *sb, const struct metric *m,
				 const struct snapshot *s)
{
	text_count(sb, m->name, "", NULL, s->module.nmissed);
}

static void collect_unknown_unit(struct strbuf *sb, const struct metric *m,
				 const struct snapshot *s)
{
	text_count(sb, m->name, "", NULL, s->module.unknown_unit);
}

static void collect_probe_up(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++)
		metric_add(sb, m, "probe", s->module.probes[i].name,
			   s->module.probes[i].state == FAULTCAST_PROBE_ACTIVE);
}

static void collect_probe_info(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++) {
		const struct probe_status *probe = &s->module.probes[i];
		const struct label labels[] = { { "probe", probe->name },
						{ "exact", probe->exact ? "true" : "false" },
						{ NULL, NULL } };

		if (probe->state == FAULTCAST_PROBE_ACTIVE)
			text_count(sb, m->name, "", labels, 1);
	}
}

static void collect_module_info(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	char abi[16];
	const struct label labels[] = { { "version", s->module.version },
					{ "abi", abi },
					{ NULL, NULL } };

	snprintf(abi, sizeof(abi), "%u", s->module.abi);
	text_count(sb, m->name, "", labels, 1);
}

static void collect_transitions(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	for (enum health_state to = HEALTH_OK; to < HEALTH_STATES; to++)
		metric_add(sb, m, "to", health_state_name(to), health_watch_transitions(to));
}

static void collect_source_up(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	metric_add(sb, m, "source", bus_source()->name, bus_source()->up);
}

static void collect_refetches(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	metric_add(sb, m, "source", bus_source()->name, bus_source()->refetches);
}

static void collect_overruns(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	metric_add(sb, m, "source", bus_source()->name, bus_source()->enobufs);
}

static void collect_unknown(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	metric_add(sb, m, "source", bus_source()->name, bus_source()->unknown + s->unknown);
}

static void collect_delivery(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	uint64_t cumulative = 0;
	char le[32];
	const struct label labels[] = { { "le", le }, { NULL, NULL } };

	(void)s;
	for (size_t i = 0; i < NUM_BOUNDS; i++) {
		cumulative += delivery.buckets[i];
		snprintf(le, sizeof(le), "%g",
			 (double)delivery_bounds_ns[i] / (double)NSEC_PER_SEC);
		text_count(sb, m->name, "_bucket", labels, cumulative);
	}
	snprintf(le, sizeof(le), "+Inf");
	text_count(sb, m->name, "_bucket", labels, delivery.count);
	text_value(sb, m->name, "_sum", NULL, (double)delivery.sum_ns / (double)NSEC_PER_SEC);
	text_count(sb, m->name, "_count", NULL, delivery.count);
}

static void collect_stream_clients(struct strbuf *sb, const struct metric *m,
				   const struct snapshot *s)
{
	(void)s;
	text_count(sb, m->name, "", NULL, stream_clients());
}

static void collect_build_info(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	const struct label labels[] = { { "version", VERSION },
					{ "revision", REVISION },
					{ NULL, NULL } };

	(void)s;
	text_count(sb, m->name, "", labels, 1);
}

static const struct metric metrics[] = {
	{ "faultcast_io_page_faults_total", "counter",
	  "DMA of the device that the IOMMU refused, as counted by the kernel.",
	  collect_io_page_faults, true },
	{ "faultcast_aer_events_total", "counter", "PCIe advanced error reports of the device.",
	  collect_aer_events, true },
	{ "faultcast_aer_errors_total", "counter",
	  "Errors that these reports named; one report may name several.", collect_aer_errors,
	  true },
	{ "faultcast_link_events_total", "counter",
	  "What happened to the slot or link below the port.", collect_link_events, true },
	{ "faultcast_device_last_fault_timestamp_seconds", "gauge",
	  "When the device faulted last; absent before the first time.", collect_last_fault, true },
	{ "faultcast_device_health", "gauge",
	  "How the device is, by the rules: 0 ok, 1 suspect, 2 faulty.", collect_health, true },
	{ "faultcast_health_transitions_total", "counter",
	  "Times that a device came to be so since the exporter started.", collect_transitions,
	  false },
	{ "faultcast_events_raised_total", "counter", "Faults seen by the kernel's probes.",
	  collect_raised, true },
	{ "faultcast_events_published_total", "counter",
	  "Faults that the kernel gave a sequence number and sent.", collect_published, true },
	{ "faultcast_events_suppressed_total", "counter",
	  "Faults of the device that storm control kept from being published.", collect_suppressed,
	  true },
	{ "faultcast_events_lost_total", "counter",
	  "Events lost: kernel queue full, kernel history gone, stream client too slow, not "
	  "stored.",
	  collect_lost, false },
	{ "faultcast_synthetic_events_total", "counter",
	  "Events injected for a test; in no metric of faults.", collect_synthetic, true },
	{ "faultcast_hw_overflow_total", "counter",
	  "Times the IOMMU said that it dropped fault records.", collect_hw_overflow, true },
	{ "faultcast_probe_missed_total", "counter", "Probe hits that could not run.",
	  collect_probe_missed, true },
	{ "faultcast_unknown_unit_total", "counter",
	  "Faults of an IOMMU that the firmware's table does not list.", collect_unknown_unit,
	  true },
	{ "faultcast_source_up", "gauge", "Whether the exporter's feed of events works.",
	  collect_source_up, false },
	{ "faultcast_source_refetches_total", "counter",
	  "Times the exporter asked the kernel for events it had missed.", collect_refetches,
	  false },
	{ "faultcast_source_overruns_total", "counter",
	  "Times the kernel could not deliver because the socket's buffer was full.",
	  collect_overruns, false },
	{ "faultcast_source_unknown_total", "counter",
	  "Attributes and kinds of a newer kernel module, passed over.", collect_unknown, false },
	{ "faultcast_probe_up", "gauge", "Whether the kernel watches this place.", collect_probe_up,
	  true },
	{ "faultcast_probe_info", "gauge",
	  "How exactly it watches; exact=\"false\": counts are a lower bound.", collect_probe_info,
	  true },
	{ "faultcast_delivery_seconds", "histogram",
	  "From the fault handler to the exporter; events fetched later are not in here.",
	  collect_delivery, false },
	{ "faultcast_output_received_total", "counter", "Events given to this output.",
	  collect_output_received, false },
	{ "faultcast_output_sent_total", "counter",
	  "Events it has handled, stored or written to clients; each client counts.",
	  collect_output_sent, false },
	{ "faultcast_output_retried_total", "counter", "Events it tried again after a failure.",
	  collect_output_retried, false },
	{ "faultcast_output_dropped_total", "counter", "Events that somebody behind it misses.",
	  collect_output_dropped, false },
	{ "faultcast_output_lag_events", "gauge", "Events that wait, for the slowest reader.",
	  collect_output_lag, false },
	{ "faultcast_store_up", "gauge", "Whether what the store tried last worked.",
	  collect_store_up, false },
	{ "faultcast_store_errors_total", "counter", "What failed in the store.",
	  collect_store_errors, false },
	{ "faultcast_store_bytes", "gauge", "Size of the store on disk.", collect_store_bytes,
	  false },
	{ "faultcast_store_oldest_timestamp_seconds", "gauge",
	  "When the oldest event in the store happened.", collect_store_oldest, false },
	{ "faultcast_stream_clients", "gauge", "Clients of /v1/events.", collect_stream_clients,
	  false },
	{ "faultcast_module_info", "gauge", "The kernel module.", collect_module_info, true },
	{ "faultcast_build_info", "gauge", "This exporter.", collect_build_info, false },
};

void metrics_render(struct strbuf *sb, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *m = &metrics[i];

		if (m->needs_module && !snapshot->present)
			continue;
		text_family(sb, m->name, m->type, m->help);
		m->collect(sb, m, snapshot);
	}
	process_render(sb);
}
