// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include <stddef.h>

#include "base/log.h"
#include "build_info.h"
#include "feed/settings.h"
#include "health/watch.h"
#include "http/routes.h"
#include "metrics/metrics.h"
#include "metrics/process.h"
#include "pci/devices.h"
#include "reload.h"
#include "settings.h"
#include "store/store.h"
#include "stream/stream.h"

/* These parts of the program are below struct feature, but have settings. */
static const struct feature feature_feed = {
	.settings = (const struct setting_group *const[]){ &feed_settings, NULL },
};
static const struct feature feature_log = {
	.settings = (const struct setting_group *const[]){ &log_settings, NULL },
};

/*
 * The order is that in which outputs get each entry, that of the metrics on a page, and that of the
 * flags in --help.  Health must be behind the other outputs, because it looks at counters that they
 * have seen grow.
 */
const struct feature *const features[] = {
	&feature_http,
	&feature_metrics,
	&feature_pci,
	&feature_feed,
	&feature_store,
	&feature_stream,
	&feature_health,
	&feature_reload,
	&feature_build_info,
	&feature_process,
	&feature_log,
	&feature_program,
	NULL,
};
