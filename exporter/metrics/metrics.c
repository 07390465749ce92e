// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include "base/clock.h"
#include "exemplars.h"
#include "expo/histogram.h"
#include "metric.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"

#define DEVICES_PER_STEP 128

/* From the fault handler to this process, in nanoseconds; a factor of about 3. */
static const uint64_t delivery_bounds_ns[] = {
	10000,	  30000,     100000,	300000,	    1000000,	3000000,     10000000,
	30000000, 100000000, 300000000, 1000000000, 3000000000, 10000000000,
};

static struct histogram delivery = {
	.bounds_ns = delivery_bounds_ns,
	.num_bounds = sizeof(delivery_bounds_ns) / sizeof(delivery_bounds_ns[0]),
};

static struct metrics_options options = { .max_devices = UINT64_MAX };
static uint64_t started_real_ns;
static uint64_t events;
static size_t omitted; /* devices, of the scrape that is under way */

void metrics_configure(const struct metrics_options *configured)
{
	options = *configured;
}

static int init(struct loop *loop)
{
	(void)loop;
	started_real_ns = clock_real_ns();
	return 0;
}

static void on_event(const struct fault_event *ev, bool live)
{
	const struct cursor cursor = { ev->instance, ev->seq, 0 };
	uint64_t now = clock_mono_ns();

	events++;
	if (ev->synthetic)
		return;
	exemplars_note(ev);
	if (live)
		histogram_observe(&delivery, now > ev->mono_ns ? now - ev->mono_ns : 0, &cursor,
				  ev->real_ns);
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

static const struct output output = {
	.name = "metrics",
	.init = init,
	.on_event = on_event,
	.on_gap = on_gap,
	.counts = counts,
	.fini = exemplars_fini,
};

const struct feature feature_metrics = {
	.output = &output,
};

void metric_add(struct expo *e, uint64_t value)
{
	expo_sample(e, NULL, UNIT_WHOLE, value, NULL);
}

void metric_add_for(struct expo *e, const char *label, const char *label_value, uint64_t value)
{
	const struct label labels[] = { { label, label_value }, { NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, value, NULL);
}

void collect_delivery(struct expo *e, const struct snapshot *s)
{
	(void)s;
	expo_histogram(e, NULL, &delivery);
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

void collect_omitted(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, omitted);
}

static bool is_left_out(const struct metric *metric, const struct snapshot *s)
{
	return (metric->of == OF_KERNEL && !s->present) ||
	       (metric->of == OF_ITSELF && options.without_itself);
}

static void begin_row(const struct metric *metric, const struct snapshot *s,
		      struct metrics_walk *walk, struct expo *e)
{
	walk->begun = true;
	walk->device = 0;
	walk->watched = !metric->probes || metric_is_watched(&s->module, metric->probes);
	e->created_ns = metric->of == OF_KERNEL ? s->module.loaded_real_ns : started_real_ns;
	expo_family(e, &metric->family);
}

/* True: of all devices now. */
static bool add_devices(const struct metric *metric, const struct metric_devices *devices,
			struct metrics_walk *walk, struct expo *e)
{
	for (int i = 0; i < DEVICES_PER_STEP && walk->device < devices->count; i++) {
		const struct metric_device *device = &devices->list[walk->device++];

		if (device->counted || walk->watched)
			metric->collect_device(e, device);
	}
	return walk->device == devices->count;
}

bool metrics_step(const struct metrics_scrape *scrape, struct metrics_walk *walk, struct expo *e)
{
	const struct metric *metric = &metric_table[walk->row];
	bool done = true;

	if (walk->row == metric_table_len) {
		expo_end(e);
		return false;
	}
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
