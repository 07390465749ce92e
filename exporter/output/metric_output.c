// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the outputs themselves, one of which is the store. */
#include "../bus.h"
#include "../clock.h"
#include "../expo/text.h"
#include "metric.h"
#include "store.h"

struct sample {
	struct strbuf *sb;
	const struct metric *metric;
	size_t offset; /* of the count in struct output_counts */
};

static void add_count(void *ctx, const struct output *output, const struct output_counts *counts)
{
	const struct sample *sample = ctx;
	const char *at = (const char *)counts + sample->offset;

	metric_add(sample->sb, sample->metric, "output", output->name,
		   *(const uint64_t *)(const void *)at);
}

static void add_counts(struct strbuf *sb, const struct metric *m, size_t offset)
{
	struct sample sample = { sb, m, offset };

	bus_each_output(add_count, &sample);
}

void collect_output_received(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	add_counts(sb, m, offsetof(struct output_counts, received));
}

void collect_output_sent(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	add_counts(sb, m, offsetof(struct output_counts, sent));
}

void collect_output_retried(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	add_counts(sb, m, offsetof(struct output_counts, retried));
}

void collect_output_dropped(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	add_counts(sb, m, offsetof(struct output_counts, dropped));
}

void collect_output_lag(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	(void)s;
	add_counts(sb, m, offsetof(struct output_counts, lag));
}

void collect_store_up(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		text_count(sb, m->name, "", NULL, status.up);
}

void collect_store_errors(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		text_count(sb, m->name, "", NULL, status.errors);
}

void collect_store_bytes(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open)
		text_count(sb, m->name, "", NULL, status.bytes);
}

void collect_store_oldest(struct strbuf *sb, const struct metric *m, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open && status.oldest_ns)
		text_value(sb, m->name, "", NULL, (double)status.oldest_ns / (double)NSEC_PER_SEC);
}
