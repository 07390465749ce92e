/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exporter's endpoints. */
#ifndef FAULTCAST_HTTP_ROUTES_H
#define FAULTCAST_HTTP_ROUTES_H

#include "bus/feature.h"
#include "route.h"

/*
 * The names of the arrays in endpoint_*.c, one line each, in the order of the start page, of the
 * answer 404 and of docs/http-api.md.
 */
#define HTTP_ENDPOINTS(ENDPOINT)                                                                   \
	ENDPOINT(endpoint_metrics)                                                                 \
	ENDPOINT(endpoint_page)                                                                    \
	ENDPOINT(endpoint_events)                                                                  \
	ENDPOINT(endpoint_devices)                                                                 \
	ENDPOINT(endpoint_status)                                                                  \
	ENDPOINT(endpoint_probes)

#define DECLARE_ENDPOINT(name) extern const struct http_route name[];
HTTP_ENDPOINTS(DECLARE_ENDPOINT)
#undef DECLARE_ENDPOINT

/* The table for http_server_start(). */
extern const struct http_route *const http_routes[];

#endif
