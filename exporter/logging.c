// SPDX-License-Identifier: GPL-2.0-or-later
/* The settings and the metric of the log. */
#include "base/log.h"
#include "base/stderr.h"
#include "bus/feature.h"
#include "expo/metric.h"

static void collect_dropped(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, stderr_dropped());
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_log_lines_dropped_total", METRIC_COUNTER,
			    "Log lines that were not written, because standard error was full or "
			    "closed." },
		.details = "The exporter never waits for the reader of its log.",
		.origin = METRIC_EXPORTER,
		.collect = collect_dropped,
	},
	{ .family.name = NULL },
};

const struct feature feature_log = {
	.settings = (const struct setting_group *const[]){ &log_settings, NULL },
	.metrics = (const struct metric *const[]){ metrics, NULL },
};
