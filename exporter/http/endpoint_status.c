// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /v1/status: the kernel module, its probes, and the exporter's feed. */
#include <stdint.h>

#include "answer.h"
#include "bus/bus.h"
#include "metrics/accept.h"
#include "metrics/coverage.h"
#include "page.h"
#include "parameter.h"
#include "routes.h"
#include "wire/encode.h"

/* @cursor is where the text of the feed's cursor is stored.  @unknown: see struct snapshot. */
static void fill_source(Faultcast__V1__Source *m, char cursor[CURSOR_LEN], uint64_t unknown)
{
	const struct feed_status *feed = bus_feed();

	faultcast__v1__source__init(m);
	m->name = (char *)(uintptr_t)feed->name;
	m->up = feed->up;
	m->reason = (char *)(uintptr_t)feed->reason;
	cursor_format(&feed->cursor, cursor);
	m->cursor = cursor;
	m->refetches = feed->refetches;
	m->gap_events = feed->gap_events;
	m->unknown = feed->unknown + unknown;
}

static void add_coverage(void *ctx, size_t kind, struct coverage pair, size_t devices)
{
	message_status_coverage(ctx, coverage_kinds[kind], pair, devices,
				coverage_is_accepted(kind, pair.reason));
}

static bool write_page(const struct page_format *format, const struct snapshot *s,
		       struct strbuf *body);

/* In the order of http_json_or_protobuf. */
static const struct page_format formats[] = {
	{ .content_type = HTTP_JSON, .step = write_page },
	{ .content_type = HTTP_PROTOBUF, .step = write_page },
};

/* The page is short: it needs no second step. */
static bool write_page(const struct page_format *format, const struct snapshot *s,
		       struct strbuf *body)
{
	char cursor[CURSOR_LEN];
	Faultcast__V1__Source source;
	struct status_message m;

	fill_source(&source, cursor, s->unknown);
	message_status(&m, VERSION, &source, s->present ? &s->module : NULL);
	for (size_t i = 0; i < COVERAGE_KINDS; i++)
		coverage_count(s, i, add_coverage, &m);
	http_add_message(body, &m.msg.base, (int)(format - formats));
	return false;
}

static const struct page_kind kind = { LIMITS_STATUS, NULL };

static void answer(struct http_request *request)
{
	int chosen;

	if (!http_read_query(request, NULL))
		return;
	chosen = http_choose(request);
	if (chosen >= 0)
		page_answer(request, &kind, &formats[chosen]);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the status; without a `module` while the kernel module is not loaded" },
	{ MHD_HTTP_BAD_REQUEST, "the query has a parameter" },
	{ MHD_HTTP_NOT_ACCEPTABLE, "`Accept` allows none of the formats" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, PAGE_UNAVAILABLE },
	{ 0 },
};

const struct http_route endpoint_status[] = {
	{ .path = "/v1/status",
	  .answer = answer,
	  .title = "Status",
	  .summary = "The kernel module with its counters and probes, the exporter's feed of "
		     "events, and the number of devices for each coverage: a message "
		     "`faultcast.v1.Status` (`proto/faultcast/v1/status.proto`).",
	  .formats = http_json_or_protobuf,
	  .parameters = parameter_none,
	  .statuses = statuses },
	{ .path = NULL },
};
