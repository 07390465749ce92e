// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include <stddef.h>

#include "base/log.h"
#include "feed/settings.h"

/* These directories are in lower layers than struct feature, so their settings are listed here. */
const struct feature feature_feed = {
	.settings = (const struct setting_group *const[]){ &feed_settings, NULL },
};
const struct feature feature_log = {
	.settings = (const struct setting_group *const[]){ &log_settings, NULL },
};

#define POINT_TO(name) &name,

const struct feature *const features[] = { FEATURES(POINT_TO) NULL };
