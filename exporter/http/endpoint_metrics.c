// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /metrics: the metrics, as a page that requests in the same format share. */
#include "endpoint_metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "answer.h"
#include "counters.h"
#include "metrics/scrape.h"
#include "routes.h"

/* The state of a request. */
struct waiting {
	struct http_request *request;
	struct scrape_waiter waiter;
};

struct options {
	const char *path;
	uint64_t max_requests;
};

static const struct options defaults = { .path = "/metrics", .max_requests = 40 };
static struct options options;

/* Returns whether clients can request the path, and no other endpoint has it. */
static bool is_path(const char *text)
{
	return text[0] == '/' && text[1] && !strpbrk(text, "?#") && strncmp(text, "/v1/", 4) != 0 &&
	       strncmp(text, "/-/", 3) != 0;
}

static const struct option_row rows[] = {
	{ .name = "web.telemetry-path",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, path),
	  .valid = is_path,
	  .expected = "a path such as /metrics, not below /v1/ or /-/",
	  .arg = "PATH",
	  .help = "path of the metrics" },
	{ .name = "web.max-requests",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, max_requests),
	  .max = UINT32_MAX,
	  .arg = "NUMBER",
	  .help = "largest number of requests for metrics answered at the same time, half of them "
		  "for one address, 0: no limit" },
	{ .name = NULL },
};

const struct setting_group endpoint_metrics_settings = { rows, sizeof(options), &defaults, &options,
							 NULL };

static const char *const formats[] = { EXPO_TEXT_TYPE, EXPO_OPENMETRICS_TYPE, EXPO_PROTOBUF_TYPE,
				       NULL };
static const struct expo_format *const expo_formats[] = { &expo_text, &expo_openmetrics,
							  &expo_protobuf };

/* A client that accepts none of the formats gets the first one. */
static const struct expo_format *choose_format(const struct http_request *request)
{
	struct strbuf accept = http_header_list(request, MHD_HTTP_HEADER_ACCEPT);
	int chosen = accept_choose(strbuf_str(&accept), formats);

	strbuf_free(&accept);
	return expo_formats[chosen < 0 ? 0 : chosen];
}

static void release(void *page)
{
	scrape_page_put(page);
}

static void answer_page(struct http_request *request, struct scrape_page *page,
			const struct scrape_waiter *wanted)
{
	const struct gzip_text *text = &page->text;

	http_answer_buffer(request, expo_content_type(wanted->format),
			   wanted->gzip ? &text->packed : &text->plain, release, page);
	request->vary = "Accept, Accept-Encoding";
	if (wanted->gzip)
		request->content_encoding = "gzip";
}

static void on_page(struct scrape_waiter *waiter, struct scrape_page *page, int err)
{
	struct waiting *waiting = (void *)((char *)waiter - offsetof(struct waiting, waiter));

	scrape_count(page ? SCRAPE_OK : SCRAPE_FAILED);
	if (page)
		answer_page(waiting->request, page, waiter);
	else
		counters_answer_error(waiting->request, err);
	http_resume(waiting->request);
}

static void end(struct http_request *request)
{
	struct waiting *waiting = request->state;

	limits_give_back(request->connection->client, LIMITS_METRICS);
	scrape_cancel(&waiting->waiter);
	free(waiting);
}

static void answer(struct http_request *request)
{
	struct limits_client *client = request->connection->client;
	struct waiting *waiting;

	if (!limits_take(client, LIMITS_METRICS, options.max_requests)) {
		scrape_count(SCRAPE_REJECTED);
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many requests for metrics are being answered already");
		return;
	}
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting) {
		limits_give_back(client, LIMITS_METRICS);
		counters_answer_error(request, -ENOMEM);
		return;
	}
	waiting->request = request;
	waiting->waiter.ready = on_page;
	waiting->waiter.format = choose_format(request);
	waiting->waiter.gzip = http_accepts_gzip(request);
	request->state = waiting;
	request->end = end;
	scrape_request(&waiting->waiter);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the metrics; compressed with gzip if `Accept-Encoding` asks for it" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, "the kernel module's counters cannot be read, or "
					"too many requests are being answered already" },
	{ 0 },
};

const struct http_route endpoint_metrics[] = {
	{ .path = "/metrics",
	  .configured_path = &options.path,
	  .answer = answer,
	  .title = "Metrics",
	  .summary = "The metrics, for Prometheus. The setting `web.telemetry-path` changes the "
		     "path. The format is chosen by `Accept`, and is the first one if `Accept` "
		     "allows none of them. The third format is delimited protobuf "
		     "(`io.prometheus.client.MetricFamily`), with a native histogram. Counters of "
		     "faults and histogram buckets have exemplars, whose `cursor` is a cursor of "
		     "`/v1/events`.",
	  .formats = formats,
	  .statuses = statuses },
	{ .path = NULL },
};
