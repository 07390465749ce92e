// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics that every output has; the label output is its name. */
#include "bus/bus.h"
#include "tables.h"

struct sample {
	struct expo *expo;
	size_t offset; /* offset of the count in struct output_counts */
};

static void add_count(void *ctx, const struct output *output, const struct output_counts *counts)
{
	const struct sample *sample = ctx;
	const char *at = (const char *)counts + sample->offset;

	metric_add_for(sample->expo, "output", output->name, *(const uint64_t *)(const void *)at);
}

static void add_counts(struct expo *e, size_t offset)
{
	struct sample sample = { e, offset };

	bus_each_output(add_count, &sample);
}

static void collect_received(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, received));
}

static void collect_sent(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, sent));
}

static void collect_retried(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, retried));
}

static void collect_dropped(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, dropped));
}

static void collect_lag(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, lag));
}

const struct metric output_metrics[] = {
	{
		.family = { "faultcast_output_received_total", METRIC_COUNTER,
			    "Events that the exporter has handed to the output." },
		.origin = METRIC_EXPORTER,
		.labels = "output",
		.collect = collect_received,
	},
	{
		.family = { "faultcast_output_sent_total", METRIC_COUNTER,
			    "Events that the output has processed, stored, or written to clients "
			    "(once for each client)." },
		.origin = METRIC_EXPORTER,
		.labels = "output",
		.collect = collect_sent,
	},
	{
		.family = { "faultcast_output_retried_total", METRIC_COUNTER,
			    "Events that the output tried again to store or send after a "
			    "failure." },
		.details = "An event counts once for each further attempt.",
		.origin = METRIC_EXPORTER,
		.labels = "output",
		.collect = collect_retried,
	},
	{
		.family = { "faultcast_output_dropped_total", METRIC_COUNTER,
			    "Events that the output dropped, so that its readers do not receive "
			    "them." },
		.origin = METRIC_EXPORTER,
		.labels = "output",
		.collect = collect_dropped,
	},
	{
		.family = { "faultcast_output_lag_events", METRIC_GAUGE,
			    "Events that the output, or its slowest reader, has not processed "
			    "yet." },
		.origin = METRIC_EXPORTER,
		.labels = "output",
		.collect = collect_lag,
	},
	{ .family.name = NULL },
};
