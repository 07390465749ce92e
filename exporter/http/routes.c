// SPDX-License-Identifier: GPL-2.0-or-later
#include "routes.h"

#include <stddef.h>

#include "connection.h"
#include "endpoint_metrics.h"
#include "limits.h"
#include "page.h"
#include "serial.h"
#include "server.h"

#define NAME_ENDPOINT(name) name,

const struct http_route *const http_routes[] = { HTTP_ENDPOINTS(NAME_ENDPOINT) NULL };

const struct feature feature_http = {
	.settings = (const struct setting_group *const[]){ &http_server_settings,
							   &connection_settings, &limits_settings,
							   &endpoint_metrics_settings,
							   &page_limit_settings, &serial_settings,
							   NULL },
	.metrics = (const struct metric *const[]){ limits_metrics, NULL },
};
