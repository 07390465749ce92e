// SPDX-License-Identifier: GPL-2.0-or-later
/* The metric of the exporter's version. */
#include "bus/feature.h"
#include "expo/metric.h"

static void collect_build_info(struct expo *e, const struct snapshot *s)
{
	const struct label labels[] = { { "version", VERSION },
					{ "revision", REVISION },
					{ NULL, NULL } };

	(void)s;
	expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_build_info", METRIC_GAUGE,
			    "Version and source revision of the exporter. The value is always "
			    "1." },
		.origin = METRIC_EXPORTER,
		.labels = "version, revision",
		.collect = collect_build_info,
	},
	{ .family.name = NULL },
};

const struct feature feature_build_info = {
	.metrics = (const struct metric *const[]){ metrics, NULL },
};
