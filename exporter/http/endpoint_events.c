// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /v1/events: the stream of events (proto/README.md). */
#include <errno.h>

#include "answer.h"
#include "base/clock.h"
#include "query.h"
#include "routes.h"
#include "serial.h"
#include "stream/stream.h"

/* The state of a request is its stream_client. */

static void on_wake(void *ctx)
{
	http_resume(ctx);
}

static ssize_t read_events(struct http_request *request, char *buf, size_t max)
{
	return stream_read(request->state, buf, max);
}

static void half_closed(struct http_request *request)
{
	stream_finish(request->state);
}

/* HEAD has no body, and needs no stream. */
static ssize_t read_nothing(struct http_request *request, char *buf, size_t max)
{
	(void)request;
	(void)buf;
	(void)max;
	return -ENODATA;
}

static void end(struct http_request *request)
{
	limits_give_back(request->connection->client, LIMITS_EVENTS);
	stream_close(request->state);
}

/* Some connections are left for scrapes. */
static uint64_t streams_max(void)
{
	return (limits_connections() * 3 + 3) / 4;
}

/* Returns false after answering 400. */
static bool read_query(struct http_request *request, struct stream_request *stream)
{
	struct strbuf error = STRBUF_INIT;
	int err = http_read_parameters(request, stream, clock_real_ns(), &error);

	if (!err)
		err = query_last_event_id(stream, http_header(request, "Last-Event-ID"), &error);
	if (!err)
		err = query_finish(stream, &error);
	if (err)
		http_answer_text(request, MHD_HTTP_BAD_REQUEST, "%s", strbuf_str(&error));
	strbuf_free(&error);
	return !err;
}

static void answer(struct http_request *request)
{
	struct limits_client *client = request->connection->client;
	struct stream_request stream = { 0 };
	int format;

	if (!read_query(request, &stream))
		return;
	format = http_choose(request);
	if (format < 0)
		return;
	if (request->head) {
		http_answer_reader(request, request->route->formats[format], read_nothing);
		return;
	}
	stream.encoding = (enum stream_encoding)format;
	stream.serials = serial_is_shown(request);
	stream.follow = stream.follow && !request->connection->half;
	if (!limits_take(client, LIMITS_EVENTS, streams_max())) {
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many clients are reading events already");
		return;
	}
	request->state = stream_open(&stream, on_wake, request);
	if (!request->state) {
		limits_give_back(client, LIMITS_EVENTS);
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
		return;
	}
	request->end = end;
	request->half_closed = half_closed;
	http_answer_reader(request, request->route->formats[format], read_events);
}

static const char *const formats[STREAM_ENCODINGS + 1] = {
	[STREAM_NDJSON] = HTTP_NDJSON,
	[STREAM_PROTOBUF] = HTTP_PROTOBUF,
	[STREAM_SSE] = HTTP_SSE,
};

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "messages, until the end or until the client disconnects" },
	{ MHD_HTTP_BAD_REQUEST, "a parameter or `Last-Event-ID` is wrong; one line says what was "
				"expected" },
	{ MHD_HTTP_NOT_ACCEPTABLE, "`Accept` allows none of the formats" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE,
	  "too many clients are reading events already, or there is no memory" },
	{ 0 },
};

const struct http_route endpoint_events[] = {
	{ .path = "/v1/events",
	  .answer = answer,
	  .title = "Events",
	  .variant = "?follow=1",
	  .variant_title = "follow",
	  .summary =
		  "The stream of events, stated gaps and health changes. Each message has a "
		  "cursor, with which a client resumes after a disconnection. "
		  "[proto/README.md](../proto/README.md) describes the messages and has clients "
		  "in Python and JavaScript.\n\n"
		  "Without parameters, the answer has every message that is retained, the oldest "
		  "first: at most 16384 without a store. Filters never remove a gap, because the "
		  "missing events might match. `device=`, `since=` and `until=` apply to events "
		  "and health changes, `kind=` and `limit=` to events only.\n\n"
		  "The header `Last-Event-ID`, which a browser's `EventSource` sends when it "
		  "reconnects, has the meaning of `after=` and takes precedence over it.\n\n"
		  "With `follow=1` the stream ends when the client closes its sending side.",
	  .formats = formats,
	  .parameters = query_parameters,
	  .statuses = statuses },
	{ .path = NULL },
};
