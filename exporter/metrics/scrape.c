// SPDX-License-Identifier: GPL-2.0-or-later
#include "scrape.h"

#include <stdint.h>

#include "expo/metric.h"
#include "tables.h"

static uint64_t results[SCRAPE_RESULTS];

void scrape_count(enum scrape_result result)
{
	results[result]++;
}

static void collect_scrapes(struct expo *e, const struct snapshot *s)
{
	static const char *const names[SCRAPE_RESULTS] = {
		[SCRAPE_OK] = "ok",
		[SCRAPE_FAILED] = "failed",
		[SCRAPE_REJECTED] = "rejected",
	};

	(void)s;
	for (int i = 0; i < SCRAPE_RESULTS; i++)
		metric_add_for(e, "result", names[i], results[i]);
}

const struct metric scrape_metrics[] = {
	{
		.family = { "faultcast_scrapes_total", METRIC_COUNTER,
			    "Requests for /metrics, by result: ok, failed or rejected." },
		.details = "A request is rejected while as many requests as `--web.max-requests` "
			   "allows are being answered.",
		.origin = METRIC_PROCESS,
		.labels = "result",
		.collect = collect_scrapes,
	},
	{ .family.name = NULL },
};
