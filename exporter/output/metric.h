/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row of the metric table, and the functions of other files that fill one. */
#ifndef FAULTCAST_OUTPUT_METRIC_H
#define FAULTCAST_OUTPUT_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "../strbuf.h"

struct snapshot;

struct metric {
	const char *name;
	const char *type;
	const char *help;
	/* Adds the samples; the family's header is there already. */
	void (*collect)(struct strbuf *sb, const struct metric *metric, const struct snapshot *s);
	bool needs_module;
};

/* One sample with one label. */
void metric_add(struct strbuf *sb, const struct metric *m, const char *label,
		const char *label_value, uint64_t value);

typedef void metric_collect_fn(struct strbuf *sb, const struct metric *m, const struct snapshot *s);

metric_collect_fn collect_io_page_faults;
metric_collect_fn collect_aer_events;
metric_collect_fn collect_aer_errors;
metric_collect_fn collect_link_events;
metric_collect_fn collect_suppressed;
metric_collect_fn collect_last_fault;
metric_collect_fn collect_health;

metric_collect_fn collect_output_received;
metric_collect_fn collect_output_sent;
metric_collect_fn collect_output_retried;
metric_collect_fn collect_output_dropped;
metric_collect_fn collect_output_lag;

/* Nothing without a store. */
metric_collect_fn collect_store_up;
metric_collect_fn collect_store_errors;
metric_collect_fn collect_store_bytes;
metric_collect_fn collect_store_oldest;

#endif
