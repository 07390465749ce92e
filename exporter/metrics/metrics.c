// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "base/clock.h"
#include "exemplars.h"
#include "expo/histogram.h"
#include "expo/metric.h"
#include "faultcast.h"
#include "model/module.h"
#include "tables.h"

#define DEVICES_PER_STEP 128

/* Bounds of the buckets in nanoseconds; each one is about three times the one before. */
static const uint64_t delivery_bounds_ns[] = {
	10000,	  30000,     100000,	300000,	    1000000,	3000000,     10000000,
	30000000, 100000000, 300000000, 1000000000, 3000000000, 10000000000,
};

static struct histogram delivery = {
	.bounds_ns = delivery_bounds_ns,
	.num_bounds = sizeof(delivery_bounds_ns) / sizeof(delivery_bounds_ns[0]),
};

struct options {
	bool without_process; /* omit metrics of origin METRIC_PROCESS */
	bool with_created;    /* add _created samples in OpenMetrics */
	uint64_t max_devices; /* the number of devices that may have series */
};

static const struct options defaults = { .max_devices = 4096 };
static struct options options = { .max_devices = UINT64_MAX };

static const struct option_row option_rows[] = {
	{ .name = "web.disable-exporter-metrics",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, without_process),
	  .help = "leave out process_* and faultcast_scrapes_total" },
	{ .name = "web.openmetrics-created",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, with_created),
	  .help = "in OpenMetrics, add the time at which each counter began" },
	{ .name = "metrics.max-devices",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, max_devices),
	  .min = 1,
	  .max = 1 << 20,
	  .arg = "COUNT",
	  .help = "largest number of devices with series; devices with faults come first" },
	{ .name = NULL },
};

static const struct setting_group settings = { option_rows, sizeof(options), &defaults, &options,
					       NULL };

static uint64_t started_real_ns;
static uint64_t events;
static size_t omitted; /* devices without series in the scrape that is under way */

/* The rows of all features, in the order in which they are exposed. */
static const struct metric **metrics;
static size_t num_metrics;

static int init(struct loop *loop)
{
	(void)loop;
	started_real_ns = clock_real_ns();
	return 0;
}

/* The feed counts the events in gaps. */
static void on_entry(const struct entry *entry, bool live)
{
	const struct fault_event *ev = &entry->event;
	uint64_t now;

	if (entry->kind != ENTRY_EVENT)
		return;
	events++;
	if (ev->synthetic)
		return;
	exemplars_note(ev);
	now = clock_mono_ns();
	if (live)
		histogram_observe(&delivery, now > ev->mono_ns ? now - ev->mono_ns : 0, &entry->at,
				  ev->real_ns);
}

static void counts(struct output_counts *c)
{
	c->sent = events;
}

static const struct output output = {
	.name = "metrics",
	.init = init,
	.on_entry = on_entry,
	.counts = counts,
	.fini = exemplars_fini,
};

static void collect_delivery(struct expo *e, const struct snapshot *s)
{
	(void)s;
	expo_histogram(e, NULL, &delivery);
}

static void collect_omitted(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, omitted);
}

static const struct metric own_metrics[] = {
	{
		.family = { "faultcast_devices_omitted", METRIC_GAUGE,
			    "Devices that have no series in this scrape because of the limit "
			    "--metrics.max-devices." },
		.origin = METRIC_EXPORTER,
		.collect = collect_omitted,
	},
	{
		.family = { "faultcast_delivery_seconds", METRIC_HISTOGRAM,
			    "Seconds from the kernel's fault handler to the exporter, for events "
			    "that the exporter received when they were published." },
		.details = "Events that the exporter fetched later, and test events, are not "
			   "included. Scrapes in the protobuf format also get a native histogram.",
		.origin = METRIC_EXPORTER,
		.labels = "le",
		.collect = collect_delivery,
	},
	{ .family.name = NULL },
};

const struct feature feature_metrics = {
	.settings = (const struct setting_group *const[]){ &settings, &accept_settings, NULL },
	.output = &output,
	.metrics = (const struct metric *const[]){ device_metrics, identity_metrics,
						   requester_metrics, coverage_metrics,
						   module_metrics, feed_metrics, output_metrics,
						   own_metrics, scrape_metrics, NULL },
};

static size_t add_table(const struct metric *table, size_t at)
{
	for (; table->family.name; table++, at++)
		if (metrics)
			metrics[at] = table;
	return at;
}

/* Returns the number of rows; stores them in @metrics if that is not NULL. */
static size_t list_metrics(const struct feature *const *features)
{
	size_t num = 0;

	for (; *features; features++)
		for (size_t i = 0; (*features)->metrics && (*features)->metrics[i]; i++)
			num = add_table((*features)->metrics[i], num);
	return num;
}

int metrics_init(const struct feature *const *features)
{
	num_metrics = list_metrics(features);
	metrics = calloc(num_metrics + 1, sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	list_metrics(features);
	return 0;
}

void metrics_fini(void)
{
	free(metrics);
	metrics = NULL;
	num_metrics = 0;
}

void metrics_begin(struct expo *e, const struct expo_format *format)
{
	*e = (struct expo){ .format = format, .with_created = options.with_created };
}

int metrics_list_devices(struct metric_devices *devices, const struct snapshot *snapshot)
{
	int err = metric_devices_build(devices, snapshot, options.max_devices);

	omitted = devices->omitted;
	return err;
}

static bool is_left_out(const struct metric *metric, const struct snapshot *s)
{
	return (metric->origin == METRIC_KERNEL && !s->present) ||
	       (metric->origin == METRIC_PROCESS && options.without_process);
}

static void begin_row(const struct metric *metric, const struct snapshot *s,
		      struct metrics_walk *walk, struct expo *e)
{
	walk->begun = true;
	walk->device = 0;
	e->created_ns = metric->origin == METRIC_KERNEL ? s->module.loaded_real_ns
							: started_real_ns;
	expo_family(e, &metric->family);
}

/* Adds samples of a few devices; returns true once all devices have been added. */
static bool add_devices(const struct metric *metric, const struct metric_devices *devices,
			struct metrics_walk *walk, struct expo *e)
{
	for (int i = 0; i < DEVICES_PER_STEP && walk->device < devices->count; i++) {
		const struct metric_device *device = &devices->list[walk->device++];

		if (!metric->kind || raised_of_kind(device->counts, metric->kind) ||
		    metric_device_is_watched(device, metric->kind))
			metric->collect_device(e, device);
	}
	return walk->device == devices->count;
}

bool metrics_step(const struct metrics_scrape *scrape, struct metrics_walk *walk, struct expo *e)
{
	const struct metric *metric;
	bool done = true;

	if (walk->row == num_metrics) {
		expo_end(e);
		return false;
	}
	metric = metrics[walk->row];
	if (!is_left_out(metric, scrape->snapshot)) {
		if (!walk->begun)
			begin_row(metric, scrape->snapshot, walk, e);
		if (metric->collect_device)
			done = add_devices(metric, &scrape->devices, walk, e);
		else
			metric->collect(e, scrape->snapshot);
	}
	if (done) {
		walk->row++;
		walk->begun = false;
	}
	return true;
}
