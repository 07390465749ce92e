/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics: one table, filled from the kernel's counters at each scrape. */
#ifndef FAULTCAST_OUTPUT_METRICS_H
#define FAULTCAST_OUTPUT_METRICS_H

#include "../bus.h"
#include "../strbuf.h"

struct snapshot;

extern const struct output output_metrics;

/* Adds all metrics in the text format 0.0.4. */
void metrics_render(struct strbuf *sb, const struct snapshot *snapshot);

#endif
