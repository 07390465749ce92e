// SPDX-License-Identifier: GPL-2.0-or-later
#include "routes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "accept.h"
#include "base/clock.h"
#include "base/json.h"
#include "health/watch.h"
#include "metrics/metrics.h"
#include "model/counts.h"
#include "model/health.h"
#include "page.h"
#include "query.h"
#include "wire/encode.h"

#define PROTOBUF "application/x-protobuf"
#define NDJSON "application/x-ndjson"
#define SSE "text/event-stream"
#define JSON "application/json"
#define STREAMS_MAX 1536U

struct route {
	const char *path;
	void (*answer)(struct http_request *request, const struct snapshot *snapshot);
	enum route_need needs;
};

static const char *telemetry_path;
static uint64_t max_scrapes, scrapes;
static bool stopping;

static const char *header(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct header_list {
	const char *name;
	struct strbuf values;
};

static enum MHD_Result add_value(void *ctx, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct header_list *list = ctx;

	(void)kind;
	if (value && !strcasecmp(name, list->name))
		strbuf_addf(&list->values, "%s%s", list->values.len ? ", " : "", value);
	return MHD_YES;
}

/* A list may be spread over several lines (RFC 9110 5.3).  The caller frees it. */
static struct strbuf header_list(const struct http_request *request, const char *name)
{
	struct header_list list = { name, STRBUF_INIT };

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, add_value, &list);
	return list.values;
}

static bool accepts_gzip(const struct http_request *request)
{
	struct strbuf accept = header_list(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	bool gzip = accept_gzip(strbuf_str(&accept));

	strbuf_free(&accept);
	return gzip;
}

/* Returns the index of the chosen offer, or -1 and has answered 406. */
static int choose(struct http_request *request, const char *const *offers)
{
	struct strbuf accept = header_list(request, MHD_HTTP_HEADER_ACCEPT);
	int chosen = accept_choose(strbuf_str(&accept), offers);

	if (chosen >= 0) {
		request->content_type = offers[chosen];
	} else {
		http_answer_text(request, MHD_HTTP_NOT_ACCEPTABLE, "Accept \"%s\": here is",
				 strbuf_str(&accept));
		request->body.len--;
		for (int i = 0; offers[i]; i++)
			strbuf_addf(&request->body, "%s %s", i ? " or" : "", offers[i]);
		strbuf_addc(&request->body, '\n');
	}
	strbuf_free(&accept);
	return chosen;
}

static void answer_ok(struct http_request *request, const char *content_type)
{
	request->status = MHD_HTTP_OK;
	request->content_type = content_type;
	request->answered = true;
}

static void answer_no_counters(struct http_request *request, int err)
{
	if (err == -ENOMEM)
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "cannot read the kernel module's counters: %s", strerror(-err));
}

static void answer_page(struct http_request *request, const struct snapshot *snapshot)
{
	(void)snapshot;
	answer_ok(request, "text/html; charset=utf-8");
	page_render(&request->body, telemetry_path);
}

static void answer_healthy(struct http_request *request, const struct snapshot *snapshot)
{
	(void)snapshot;
	http_answer_text(request, MHD_HTTP_OK, "healthy");
}

static void answer_ready(struct http_request *request, const struct snapshot *snapshot)
{
	const struct feed_status *source = bus_feed();

	(void)snapshot;
	if (stopping)
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: stopping");
	else if (source->up)
		http_answer_text(request, MHD_HTTP_OK, "ready");
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: %s",
				 *source->reason ? source->reason : "still catching up");
}

/* Whoever accepts none of them gets the first. */
static const struct expo_format *choose_format(const struct http_request *request)
{
	static const struct expo_format *const formats[] = { &expo_text, &expo_openmetrics,
							     &expo_protobuf };
	const char *offers[] = { expo_content_type(formats[0]), expo_content_type(formats[1]),
				 expo_content_type(formats[2]), NULL };
	struct strbuf accept = header_list(request, MHD_HTTP_HEADER_ACCEPT);
	int chosen = accept_choose(strbuf_str(&accept), offers);

	strbuf_free(&accept);
	return formats[chosen < 0 ? 0 : chosen];
}

/* Answers 503 where too many are under way. */
static void begin_scrape(struct http_request *request)
{
	if (max_scrapes && scrapes >= max_scrapes) {
		scrape_count(SCRAPE_REJECTED);
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "%" PRIu64 " requests for metrics are being answered already",
				 scrapes);
		return;
	}
	scrapes++;
	request->scrape.format = choose_format(request);
	request->scrape.gzip = accepts_gzip(request);
}

void routes_end(const struct http_request *request)
{
	if (request->scrape.format)
		scrapes--;
}

void routes_answer_scrape(struct http_request *request, int err)
{
	scrape_count(request->page ? SCRAPE_OK : SCRAPE_FAILED);
	if (request->page)
		answer_ok(request, expo_content_type(request->scrape.format));
	else
		answer_no_counters(request, err);
}

static void add_message(struct http_request *request, const ProtobufCMessage *msg, int as_protobuf)
{
	size_t len = protobuf_c_message_get_packed_size(msg);

	if (!as_protobuf) {
		json_add_message(&request->body, msg);
		strbuf_addc(&request->body, '\n');
	} else if (strbuf_reserve(&request->body, len)) {
		request->body.len += protobuf_c_message_pack(msg, (uint8_t *)request->body.s);
	}
}

static const char *const json_or_protobuf[] = { JSON, PROTOBUF, NULL };

/* @unknown: what the snapshot passed over, beside what the feed did. */
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

static void answer_status(struct http_request *request, const struct snapshot *snapshot)
{
	int as_protobuf = choose(request, json_or_protobuf);
	char cursor[CURSOR_LEN];
	Faultcast__V1__Source source;
	struct status_message m;

	if (as_protobuf < 0)
		return;
	answer_ok(request, request->content_type);
	fill_source(&source, cursor, snapshot->unknown);
	message_status(&m, VERSION, &source, snapshot->present ? &snapshot->module : NULL);
	add_message(request, &m.msg.base, as_protobuf);
}

static void fill_devices(struct device_message *messages, Faultcast__V1__Device **list,
			 const struct snapshot *snapshot)
{
	const bool judged = health_watch_knows(snapshot->module.instance);

	for (size_t i = 0; i < snapshot->num_devices; i++) {
		const struct device_counts *device = &snapshot->devices[i];

		message_device(&messages[i], device,
			       judged ? health_watch_state(&device->address) : HEALTH_UNKNOWN);
		list[i] = &messages[i].msg;
	}
}

static void answer_devices(struct http_request *request, const struct snapshot *snapshot)
{
	int as_protobuf = choose(request, json_or_protobuf);
	Faultcast__V1__DeviceList msg = FAULTCAST__V1__DEVICE_LIST__INIT;
	struct device_message *messages;

	if (as_protobuf < 0)
		return;
	answer_ok(request, request->content_type);
	messages = calloc(snapshot->num_devices + 1, sizeof(*messages));
	msg.devices = calloc(snapshot->num_devices + 1, sizeof(*msg.devices));
	msg.n_devices = snapshot->num_devices;
	if (messages && msg.devices) {
		fill_devices(messages, msg.devices, snapshot);
		add_message(request, &msg.base, as_protobuf);
	} else {
		request->body.failed = true;
	}
	free(messages);
	free(msg.devices);
}

/* A query of /v1/events while it is read. */
struct events_query {
	struct stream_request stream;
	uint64_t now_real_ns;
	int err;
	struct strbuf error;
};

static enum MHD_Result on_argument(void *ctx, enum MHD_ValueKind kind, const char *key,
				   const char *value)
{
	struct events_query *query = ctx;

	(void)kind;
	query->err = query_argument(&query->stream, key, value ? value : "", query->now_real_ns,
				    &query->error);
	return query->err ? MHD_NO : MHD_YES;
}

/* False: has answered 400. */
static bool read_query(struct http_request *request, struct stream_request *stream)
{
	struct events_query query = { .now_real_ns = clock_real_ns() };

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, on_argument, &query);
	if (!query.err)
		query.err = query_last_event_id(&query.stream, header(request, "Last-Event-ID"),
						&query.error);
	if (!query.err)
		query.err = query_finish(&query.stream, &query.error);
	if (query.err)
		http_answer_text(request, MHD_HTTP_BAD_REQUEST, "%s", strbuf_str(&query.error));
	strbuf_free(&query.error);
	*stream = query.stream;
	return !query.err;
}

static void answer_events(struct http_request *request, const struct snapshot *snapshot)
{
	static const char *const offers[STREAM_ENCODINGS + 1] = {
		[STREAM_NDJSON] = NDJSON,
		[STREAM_PROTOBUF] = PROTOBUF,
		[STREAM_SSE] = SSE,
	};
	struct stream_request stream;
	int encoding;

	(void)snapshot;
	if (!read_query(request, &stream))
		return;
	encoding = choose(request, offers);
	if (encoding < 0)
		return;
	stream.encoding = (enum stream_encoding)encoding;
	/* Leaves connections for whoever scrapes. */
	if (stream_clients() >= STREAMS_MAX) {
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "%u clients are reading events already", STREAMS_MAX);
		return;
	}
	request->stream = stream_open(&stream, http_resume, request);
	if (request->stream)
		answer_ok(request, request->content_type);
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
}

static const struct route metrics_route = { NULL, NULL, NEEDS_SCRAPE };

static const struct route routes[] = {
	{ "/", answer_page, NEEDS_NOTHING },
	{ "/v1/events", answer_events, NEEDS_NOTHING },
	{ "/v1/devices", answer_devices, NEEDS_SNAPSHOT },
	{ "/v1/status", answer_status, NEEDS_SNAPSHOT },
	{ "/-/healthy", answer_healthy, NEEDS_NOTHING },
	{ "/-/ready", answer_ready, NEEDS_NOTHING },
};

#define NUM_ROUTES (sizeof(routes) / sizeof(routes[0]))

void routes_init(const char *metrics_path, uint64_t max_scrapes_at_once)
{
	telemetry_path = metrics_path;
	max_scrapes = max_scrapes_at_once;
}

void routes_stopping(void)
{
	stopping = true;
}

static const struct route *find(const char *path)
{
	if (!strcmp(path, telemetry_path))
		return &metrics_route;
	for (size_t i = 0; i < NUM_ROUTES; i++)
		if (!strcmp(path, routes[i].path))
			return &routes[i];
	return NULL;
}

static void answer_not_found(struct http_request *request, const char *path)
{
	http_answer_text(request, MHD_HTTP_NOT_FOUND, "no such path: %s", path);
	strbuf_addf(&request->body, "there is: %s", telemetry_path);
	for (size_t i = 0; i < NUM_ROUTES; i++)
		strbuf_addf(&request->body, " %s", routes[i].path);
	strbuf_addc(&request->body, '\n');
}

/* Of "http://host/path" too, which a server has to accept (RFC 9112 3.2.2). */
static const char *path_of(const char *target)
{
	static const char scheme[] = "http://";
	const char *path = target;

	if (!strncasecmp(target, scheme, strlen(scheme)))
		path = strchr(target + strlen(scheme), '/');
	return path ? path : "/";
}

void routes_find(struct http_request *request, const char *method, const char *target)
{
	const char *path = path_of(target);

	request->route = find(path);
	if (!request->route) {
		answer_not_found(request, path);
	} else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		request->allow = "GET, HEAD";
		http_answer_text(request, MHD_HTTP_METHOD_NOT_ALLOWED,
				 "%s: there is only GET and HEAD here", method);
	} else if (request->route == &metrics_route) {
		begin_scrape(request);
	}
}

enum route_need routes_need(const struct http_request *request)
{
	return request->route->needs;
}

void routes_answer(struct http_request *request, const struct snapshot *snapshot)
{
	if (snapshot && snapshot->err) {
		answer_no_counters(request, snapshot->err);
		return;
	}
	request->route->answer(request, snapshot);
}
