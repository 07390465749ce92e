/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules by which devices are judged, as the configuration file gives them. */
#ifndef FAULTCAST_HEALTH_SETTINGS_H
#define FAULTCAST_HEALTH_SETTINGS_H

#include "base/options.h"
#include "judge.h"

struct health_options {
	bool has_rules; /* false: the default rules apply */
	struct health_rule rules[HEALTH_RULES_MAX];
	size_t num_rules;
};

/* The setting health.rules, a list.  The values are a struct health_options. */
extern const struct setting_group health_settings;

#endif
