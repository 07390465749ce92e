/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feature of the exporter: a directory, and the parts of it that the rest of the program uses.
 * registry.h lists all features.
 */
#ifndef FAULTCAST_BUS_FEATURE_H
#define FAULTCAST_BUS_FEATURE_H

#include "base/options.h"
#include "bus.h"

struct metric; /* expo/metric.h */

/* Every member is optional. */
struct feature {
	const struct output *output;
	/*
	 * The feature's settings: a list of groups, which ends with NULL.  Each source file with
	 * settings has a group of its own.
	 */
	const struct setting_group *const *settings;
	/*
	 * The feature's metrics: a list, which ends with NULL, of arrays, each of which ends with
	 * a row without a name.  Each source file with metrics has an array of its own.
	 */
	const struct metric *const *metrics;
};

#endif
