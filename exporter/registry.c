// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include <stddef.h>

#include "health/watch.h"
#include "metrics/metrics.h"
#include "store/store.h"
#include "stream/stream.h"

/* Health comes last: it looks at the counters that the other outputs have seen grow. */
const struct feature *const features[] = {
	&feature_metrics, &feature_store, &feature_stream, &feature_health, NULL,
};
