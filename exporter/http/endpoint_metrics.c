// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /metrics: the metrics, as a page that requests in the same format share. */
#include "endpoint_metrics.h"

#include <string.h>

#include "accept.h"
#include "metrics/metrics.h"
#include "metrics/scrape.h"
#include "page.h"
#include "routes.h"
#include "serial.h"

struct options {
	const char *path;
};

static const struct options defaults = { .path = "/metrics" };
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
	{ .name = NULL },
};

const struct setting_group endpoint_metrics_settings = { rows, sizeof(options), &defaults, &options,
							 NULL };

/* The page that is being written. */
static struct metrics_scrape scrape;
static struct metrics_walk walk;
static struct expo expo;

/* The members in which the formats of the page differ. */
struct variant {
	const struct expo_format *expo;
	bool serials; /* devices have their serial numbers */
};

static int begin(const struct page_format *format, const struct snapshot *s)
{
	const struct variant *variant = format->own;

	scrape.snapshot = s;
	scrape.devices.serials = variant->serials;
	walk = (struct metrics_walk){ 0 };
	metrics_begin(&expo, variant->expo);
	return metrics_list_devices(&scrape.devices, s);
}

static bool step(const struct page_format *format, const struct snapshot *s, struct strbuf *body)
{
	bool more;

	(void)format;
	(void)s;
	expo.body = *body;
	more = metrics_step(&scrape, &walk, &expo);
	*body = expo.body;
	return more;
}

static void end(void)
{
	metric_devices_release(&scrape.devices);
}

static const char *const formats[] = { EXPO_TEXT_TYPE, EXPO_OPENMETRICS_TYPE, EXPO_PROTOBUF_TYPE,
				       NULL };
static const struct variant variants[2][3] = {
	{ { &expo_text, false }, { &expo_openmetrics, false }, { &expo_protobuf, false } },
	{ { &expo_text, true }, { &expo_openmetrics, true }, { &expo_protobuf, true } },
};

/* The first index says whether devices have their serial numbers. */
static const struct page_format page_formats[2][3] = {
	{ { EXPO_TEXT_TYPE, &variants[0][0], begin, step, end },
	  { EXPO_OPENMETRICS_TYPE, &variants[0][1], begin, step, end },
	  { EXPO_PROTOBUF_TYPE, &variants[0][2], begin, step, end } },
	{ { EXPO_TEXT_TYPE, &variants[1][0], begin, step, end },
	  { EXPO_OPENMETRICS_TYPE, &variants[1][1], begin, step, end },
	  { EXPO_PROTOBUF_TYPE, &variants[1][2], begin, step, end } },
};

static void count(enum page_result result)
{
	static const enum scrape_result results[] = { [PAGE_OK] = SCRAPE_OK,
						      [PAGE_FAILED] = SCRAPE_FAILED,
						      [PAGE_REJECTED] = SCRAPE_REJECTED };

	scrape_count(results[result]);
}

static const struct page_kind kind = { LIMITS_METRICS, count };

/* A client that accepts none of the formats gets the first one. */
static void answer(struct http_request *request)
{
	struct strbuf accept = http_header_list(request, MHD_HTTP_HEADER_ACCEPT);
	int chosen = accept_choose(strbuf_str(&accept), formats);

	strbuf_free(&accept);
	page_answer(request, &kind,
		    &page_formats[serial_is_shown(request)][chosen < 0 ? 0 : chosen]);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the metrics; compressed with gzip if `Accept-Encoding` asks for it" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, PAGE_UNAVAILABLE },
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
