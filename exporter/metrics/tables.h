/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the metrics that are implemented in this directory, one array for each file.  Every
 * array ends with a row without a name.  metrics.c and process.c list the arrays in a feature.
 */
#ifndef FAULTCAST_METRICS_TABLES_H
#define FAULTCAST_METRICS_TABLES_H

#include "expo/metric.h"

extern const struct metric device_metrics[];	/* device.c: what devices have raised */
extern const struct metric identity_metrics[];	/* identity.c: what devices are */
extern const struct metric coverage_metrics[];	/* coverage.c: which devices are watched */
extern const struct metric requester_metrics[]; /* requesters.c: the cards behind them */
extern const struct metric module_metrics[];	/* module.c */
extern const struct metric feed_metrics[];	/* feed.c */
extern const struct metric output_metrics[];	/* output.c */
extern const struct metric scrape_metrics[];	/* scrape.c */

#endif
