// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OpenMetrics 1.0.0,
 * https://github.com/OpenObservability/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
#include <string.h>

#include "format.h"
#include "histogram.h"
#include "model/cursor.h"

/* The name of a counter's family has no suffix "_total"; the names of its samples have it. */
static void begin_family(struct expo *e)
{
	if (e->family->type == METRIC_COUNTER)
		e->base_len = expo_base_len(e->family->name);
	expo_text_type(e);
	expo_text_help(e, true);
}

static void add_exemplar(struct expo *e, enum unit unit, const struct exemplar *exemplar)
{
	char cursor[CURSOR_LEN];

	cursor_format(&exemplar->cursor, cursor);
	strbuf_adds(&e->body, " # {cursor=\"");
	strbuf_adds(&e->body, cursor);
	strbuf_adds(&e->body, "\"} ");
	expo_text_value(&e->body, unit, exemplar->value);
	strbuf_addc(&e->body, ' ');
	expo_text_value(&e->body, UNIT_NANOSECONDS, exemplar->real_ns);
}

static void add_created(struct expo *e, const struct label *labels)
{
	const size_t name_len = e->name_len;

	if (!e->with_created || !e->created_ns)
		return;
	e->name_len = e->base_len;
	expo_text_series(e, "_created", labels, NULL, UNIT_NANOSECONDS, e->created_ns);
	strbuf_addc(&e->body, '\n');
	e->name_len = name_len;
}

static void sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		   const struct exemplar *exemplar)
{
	expo_text_series(e, "", labels, NULL, unit, value);
	/* OpenMetrics forbids exemplars of gauges. */
	if (exemplar && e->family->type == METRIC_COUNTER)
		add_exemplar(e, UNIT_WHOLE, exemplar);
	strbuf_addc(&e->body, '\n');
	if (e->family->type == METRIC_COUNTER)
		add_created(e, labels);
}

static void histogram(struct expo *e, const struct label *labels, const struct histogram *h)
{
	expo_text_histogram(e, labels, h, add_exemplar);
	add_created(e, labels);
}

static void end(struct expo *e)
{
	strbuf_adds(&e->body, "# EOF\n");
}

const struct expo_format expo_openmetrics = {
	.content_type = EXPO_OPENMETRICS_TYPE,
	.begin_family = begin_family,
	.sample = sample,
	.histogram = histogram,
	.end = end,
};
