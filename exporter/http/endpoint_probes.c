// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /-/healthy and /-/ready: for supervisors and load balancers. */
#include "endpoint_probes.h"

#include <stdbool.h>

#include "answer.h"
#include "bus/bus.h"
#include "routes.h"

#define TEXT "text/plain; charset=utf-8"

static bool stopping;

void endpoint_probes_stopping(void)
{
	stopping = true;
}

static void answer_healthy(struct http_request *request)
{
	http_answer_text(request, MHD_HTTP_OK, "healthy");
}

static void answer_ready(struct http_request *request)
{
	const struct feed_status *feed = bus_feed();

	if (stopping)
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: stopping");
	else if (feed->up)
		http_answer_text(request, MHD_HTTP_OK, "ready");
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: %s",
				 *feed->reason ? feed->reason : "still catching up");
}

static const char *const formats[] = { TEXT, NULL };

static const struct http_status healthy_statuses[] = {
	{ MHD_HTTP_OK, "always" },
	{ 0 },
};

static const struct http_status ready_statuses[] = {
	{ MHD_HTTP_OK, "the exporter has received all earlier events and receives new ones" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, "the exporter is not ready; the body has the reason" },
	{ 0 },
};

const struct http_route endpoint_probes[] = {
	{ .path = "/-/healthy",
	  .answer = answer_healthy,
	  .title = "Healthy",
	  .summary = "Answers as long as the exporter runs.",
	  .formats = formats,
	  .statuses = healthy_statuses },
	{ .path = "/-/ready",
	  .answer = answer_ready,
	  .title = "ready",
	  .summary = "Tells whether the exporter receives events.",
	  .formats = formats,
	  .statuses = ready_statuses },
	{ .path = NULL },
};
