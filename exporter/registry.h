/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of all features of the exporter. */
#ifndef FAULTCAST_REGISTRY_H
#define FAULTCAST_REGISTRY_H

#include "bus/feature.h"

/*
 * One line for each feature, whose struct is in a file of the feature.  Outputs get each entry in
 * this order.  Metrics on a page and flags in --help are in this order too.  The feature health
 * must follow the other outputs, so that they have handled an event before health judges it.  The
 * settings of the feed are listed in registry.c, the log's in logging.c.
 */
#define FEATURES(FEATURE)                                                                          \
	FEATURE(feature_http)                                                                      \
	FEATURE(feature_metrics)                                                                   \
	FEATURE(feature_pci)                                                                       \
	FEATURE(feature_feed)                                                                      \
	FEATURE(feature_store)                                                                     \
	FEATURE(feature_stream)                                                                    \
	FEATURE(feature_health)                                                                    \
	FEATURE(feature_reload)                                                                    \
	FEATURE(feature_build_info)                                                                \
	FEATURE(feature_process)                                                                   \
	FEATURE(feature_log)                                                                       \
	FEATURE(feature_program)

#define DECLARE_FEATURE(name) extern const struct feature name;
FEATURES(DECLARE_FEATURE)
#undef DECLARE_FEATURE

/* Pointers to all features; the list ends with NULL. */
extern const struct feature *const features[];

#endif
