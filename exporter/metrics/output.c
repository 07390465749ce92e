// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the outputs themselves, one of which is the store. */
#include "bus/bus.h"
#include "metric.h"
#include "store/store.h"

struct sample {
	struct expo *expo;
	size_t offset; /* of the count in struct output_counts */
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

void collect_output_received(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, received));
}

void collect_output_sent(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, sent));
}

void collect_output_retried(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, retried));
}

void collect_output_dropped(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, dropped));
}

void collect_output_lag(struct expo *e, const struct snapshot *s)
{
	(void)s;
	add_counts(e, offsetof(struct output_counts, lag));
}

void collect_store_up(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		metric_add(e, status.up);
}

void collect_store_errors(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		metric_add(e, status.errors);
}

void collect_store_bytes(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open)
		metric_add(e, status.bytes);
}

void collect_store_oldest(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open && status.oldest_ns)
		expo_sample(e, NULL, UNIT_NANOSECONDS, status.oldest_ns, NULL);
}
