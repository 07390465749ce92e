/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoint that serves the metrics. */
#ifndef FAULTCAST_HTTP_ENDPOINT_METRICS_H
#define FAULTCAST_HTTP_ENDPOINT_METRICS_H

#include "base/options.h"

/* The settings of the endpoint that serves the metrics. */
extern const struct setting_group endpoint_metrics_settings;

#endif
