/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feature of the exporter: a directory, and what the rest of the program has to know of it.
 * registry.c lists all features.
 */
#ifndef FAULTCAST_BUS_FEATURE_H
#define FAULTCAST_BUS_FEATURE_H

#include "bus.h"

/* Every member is optional. */
struct feature {
	const struct output *output;
};

#endif
