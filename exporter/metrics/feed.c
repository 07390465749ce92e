// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of the feed, from which the exporter receives events. */
#include "bus/bus.h"
#include "bus/snapshot.h"
#include "tables.h"

static void collect_up(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->up);
}

static void collect_refetches(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->refetches);
}

static void collect_overruns(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->enobufs);
}

static void collect_malformed(struct expo *e, const struct snapshot *s)
{
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->malformed + s->malformed);
}

static void collect_unknown(struct expo *e, const struct snapshot *s)
{
	metric_add_for(e, "source", bus_feed()->name, bus_feed()->unknown + s->unknown);
}

const struct metric feed_metrics[] = {
	{
		.family = { "faultcast_source_up", METRIC_GAUGE,
			    "1 if the exporter receives events from this feed, else 0." },
		.details = "The reason why the feed is not up is in `/v1/status`.",
		.origin = METRIC_EXPORTER,
		.labels = "source",
		.collect = collect_up,
	},
	{
		.family = { "faultcast_source_refetches_total", METRIC_COUNTER,
			    "Number of times that the exporter fetched events that it had missed "
			    "from the kernel module." },
		.origin = METRIC_EXPORTER,
		.labels = "source",
		.collect = collect_refetches,
	},
	{
		.family = { "faultcast_source_overruns_total", METRIC_COUNTER,
			    "Number of times that the kernel could not deliver events because the "
			    "receive buffer of the exporter's socket was full." },
		.details = "The exporter then asks the kernel module for the events that it has "
			   "missed.",
		.origin = METRIC_EXPORTER,
		.labels = "source",
		.collect = collect_overruns,
	},
	{
		.family = { "faultcast_source_unknown_total", METRIC_COUNTER,
			    "Attributes and event kinds that the exporter ignored because it is "
			    "older than the kernel module." },
		.origin = METRIC_EXPORTER,
		.labels = "source",
		.collect = collect_unknown,
	},
	{
		.family = { "faultcast_source_malformed_total", METRIC_COUNTER,
			    "Messages of the kernel module that the exporter left out because they "
			    "are malformed or contradict earlier ones." },
		.details = "Always 0, unless the module or the memory of the kernel is broken.",
		.origin = METRIC_EXPORTER,
		.labels = "source",
		.collect = collect_malformed,
	},
	{ .family.name = NULL },
};
