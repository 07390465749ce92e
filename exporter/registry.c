// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include <stddef.h>

#include "build_info.h"
#include "health/watch.h"
#include "metrics/metrics.h"
#include "metrics/process.h"
#include "reload.h"
#include "store/store.h"
#include "stream/stream.h"

/*
 * The order is that in which outputs get each entry, and that of the metrics on a page.  Health
 * must be behind the other outputs, because it looks at counters that they have seen grow.
 */
const struct feature *const features[] = {
	&feature_metrics, &feature_store,      &feature_stream,	 &feature_health,
	&feature_reload,  &feature_build_info, &feature_process, NULL,
};
