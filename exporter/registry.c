// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include <stddef.h>

#include "feed/settings.h"

/* The feed is in a lower layer than struct feature, so its settings are listed here. */
const struct feature feature_feed = {
	.settings = (const struct setting_group *const[]){ &feed_settings, NULL },
};

#define POINT_TO(name) &name,

const struct feature *const features[] = { FEATURES(POINT_TO) NULL };
