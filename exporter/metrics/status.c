// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics without a device: of the module as a whole, of the source, of this exporter. */
#include <stdio.h>

#include "bus/bus.h"
#include "faultcast.h"
#include "health/watch.h"
#include "metric.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/module.h"
#include "model/names.h"
#include "store/store.h"
#include "stream/stream.h"
#include "wire/encode.h"

static void add_kinds(struct expo *e, const uint64_t *counts)
{
	/* A summary is no kind of fault. */
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (kind != FAULTCAST_KIND_SUPPRESSED)
			metric_add_for(e, "kind", kind_name(kind), counts[kind]);
}

void collect_raised(struct expo *e, const struct snapshot *s)
{
	uint64_t raised[FAULTCAST_KIND_MAX + 1] = { 0 };

	for (size_t i = 0; i < s->num_devices; i++)
		for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
			raised[kind] += raised_of_kind(&s->devices[i], kind);
	add_kinds(e, raised);
}

void collect_published(struct expo *e, const struct snapshot *s)
{
	add_kinds(e, s->module.published_kind);
}

void collect_lost(struct expo *e, const struct snapshot *s)
{
	const uint64_t started_ns = e->created_ns;
	struct store_status store;

	if (s->present) {
		/* The kernel's among ours. */
		e->created_ns = s->module.loaded_real_ns;
		metric_add_for(e, "stage", "queue", s->module.lost);
		e->created_ns = started_ns;
	}
	metric_add_for(e, "stage", "history", bus_feed()->gap_events);
	metric_add_for(e, "stage", "stream", stream_missed());
	if (store_get_status(&store))
		metric_add_for(e, "stage", "store", store_dropped());
}

void collect_synthetic(struct expo *e, const struct snapshot *s)
{
	uint64_t synthetic = 0;

	for (size_t i = 0; i < s->num_devices; i++)
		synthetic += s->devices[i].synthetic;
	metric_add(e, synthetic);
}

void collect_hw_overflow(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.hw_overflow);
}

void collect_probe_missed(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.nmissed);
}

void collect_unknown_unit(struct expo *e, const struct snapshot *s)
{
	metric_add(e, s->module.unknown_unit);
}

void collect_probe_up(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++)
		metric_add_for(e, "probe", s->module.probes[i].name,
			       s->module.probes[i].state == FAULTCAST_PROBE_ACTIVE);
}

void collect_probe_failed(struct expo *e, const struct snapshot *s)
{
	for (unsigned int i = 0; i < s->module.num_probes; i++)
		metric_add_for(e, "probe", s->module.probes[i].name,
			       s->module.probes[i].state == FAULTCAST_PROBE_FAILED);
}

void collect_probe_info(struct expo *e, const struct snapshot *s)
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

void collect_module_info(struct expo *e, const struct snapshot *s)
{
	char abi[16];
	const struct label labels[] = { { "version", s->module.version },
					{ "abi", abi },
					{ NULL, NULL } };

	snprintf(abi, sizeof(abi), "%u", s->module.abi);
	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

void collect_transitions(struct expo *e, const struct snapshot *s)
{
	(void)s;
	for (enum health_state to = HEALTH_OK; to < HEALTH_STATES; to++)
		metric_add_for(e, "to", health_state_name(to), health_watch_transitions(to));
}

void collect_source_up(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->up);
}

void collect_refetches(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->refetches);
}

void collect_overruns(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->enobufs);
}

void collect_unknown(struct expo *e, const struct snapshot *s)
{
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->unknown + s->unknown);
}

void collect_stream_clients(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, stream_clients());
}

void collect_build_info(struct expo *e, const struct snapshot *s)
{
	const struct label labels[] = { { "version", VERSION },
					{ "revision", REVISION },
					{ NULL, NULL } };

	(void)s;
	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}
