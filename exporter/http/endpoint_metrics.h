/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of the endpoint that serves the metrics. */
#ifndef FAULTCAST_HTTP_ENDPOINT_METRICS_H
#define FAULTCAST_HTTP_ENDPOINT_METRICS_H

#include <stdint.h>

struct endpoint_metrics_options {
	const char *path;
	uint64_t max_requests; /* answered at the same time; 0: no limit */
};

/* Sets the options, before the server starts.  The path must outlive the server. */
void endpoint_metrics_configure(const struct endpoint_metrics_options *options);

#endif
