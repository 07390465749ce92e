// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * faultcastctl events: prints the events that the exporter retains, from its stream.  The server
 * may be a stranger: no text of it controls the terminal, no answer fills the memory, and none is
 * waited for without limit.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "ctl.h"
#include "print.h"
#include "printable.h"
#include "wire/decode.h"

/* With --follow, the exporter sends a heartbeat every 15 s. */
#define FOLLOW_NS (45 * NSEC_PER_SEC)
#define ERROR_MAX 4096	/* bytes of the text of an error that are read */
#define ERROR_SHOWN 200 /* bytes of it that are printed */

static struct options {
	const char *exporter;
	const char *after;
	const char *since;
	const char *until;
	const char *device;
	const char *kind;
	const char *limit;
	bool follow;
	uint64_t timeout_ns;
} opt = { .exporter = "http://127.0.0.1:10186", .timeout_ns = 5 * NSEC_PER_SEC };

static const struct option_row rows[] = {
	{ .name = "exporter",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, exporter),
	  .arg = "URL",
	  .help = "URL of the exporter, or /PATH of its unix socket" },
	{ .name = "since",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, since),
	  .arg = "TIME",
	  .help = "only events from this time on: 24h (ago), 2026-01-31T12:00:00Z or Unix "
		  "seconds" },
	{ .name = "until",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, until),
	  .arg = "TIME",
	  .help = "only events before this time" },
	{ .name = "device",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, device),
	  .arg = "DEVICE",
	  .help = "only events of this device: 0000:03:00.0, bus/name or unknown" },
	{ .name = "kind",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, kind),
	  .arg = "KIND,...",
	  .help = "only events of these kinds: io_page_fault, aer, ..." },
	{ .name = "after",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, after),
	  .arg = "CURSOR",
	  .help = "only events after this cursor; latest: only new events" },
	{ .name = "limit",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, limit),
	  .arg = "N",
	  .help = "end after N events" },
	{ .name = "follow",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, follow),
	  .help = "wait for more events" },
	{ .name = "timeout",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct options, timeout_ns),
	  .min = NSEC_PER_SEC,
	  .max = 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long to wait for the connection and for each message" },
	{ .name = NULL },
};

static struct {
	CURL *curl;
	bool as_json;
	bool has_header;
	struct strbuf body;   /* not printed yet: a part of a message, or the text of an error */
	uint64_t progress_ns; /* when the request was begun or the last message ended */
	bool any;	      /* a message has been received */
	bool cut;	      /* the last line of JSON has no end yet */
	int err;
} request;

/* True if the answer is a stream, and not an error. */
static bool is_stream(void)
{
	long status = 0;

	curl_easy_getinfo(request.curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static const char *encoding(void)
{
	return request.as_json ? "application/x-ndjson" : "application/x-protobuf";
}

/* True if the stream has the encoding that was asked for.  A proxy may answer with a page. */
static bool has_encoding(void)
{
	const size_t len = strlen(encoding());
	const char *type = NULL;

	curl_easy_getinfo(request.curl, CURLINFO_CONTENT_TYPE, &type);
	return type && !strncasecmp(type, encoding(), len) &&
	       (!type[len] || strchr("; \t", type[len]));
}

/*
 * Heartbeats have no row. Gaps for unreported faults have none either, because the row of the next
 * event has the same numbers.
 */
static bool has_row(const Faultcast__V1__StreamMessage *m)
{
	switch (m->body_case) {
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_EVENT:
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_HEALTH:
		return true;
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_GAP:
		return m->gap->size_case != FAULTCAST__V1__GAP__SIZE_UNPUBLISHED;
	default:
		return false;
	}
}

static int print_row(const Faultcast__V1__StreamMessage *m)
{
	struct entry entry;
	int err = message_read(m, &entry);

	if (err)
		return err;
	print_entry(&entry);
	return 0;
}

static int print_message(const uint8_t *packed, size_t len)
{
	Faultcast__V1__StreamMessage *m = faultcast__v1__stream_message__unpack(NULL, len, packed);
	int err;

	if (!m)
		return -EBADMSG;
	err = has_row(m) ? print_row(m) : 0;
	faultcast__v1__stream_message__free_unpacked(m, NULL);
	return err;
}

static void want_header(void)
{
	if (!request.as_json && !request.has_header)
		print_header();
	request.has_header = true;
}

static void made_progress(void)
{
	request.progress_ns = clock_mono_ns();
	request.any = true;
}

/* Prints the whole messages of the body and keeps the rest. */
static int print_messages(void)
{
	struct strbuf *body = &request.body;
	size_t at = 0, start;
	ssize_t len = 0;
	int err = 0;

	want_header();
	while (!err) {
		const uint8_t *bytes = (uint8_t *)body->s + at;

		len = message_read_delimited(bytes, body->len - at, &start);
		if (len <= 0)
			break;
		err = print_message(bytes + start, (size_t)len - start);
		at += (size_t)len;
		made_progress();
	}
	memmove(body->s, body->s + at, body->len - at);
	body->len -= at;
	return len < 0 ? (int)len : err;
}

/* Adds the text of an error.  Returns false once there is enough of it. */
static bool add_error(const char *bytes, size_t len)
{
	size_t room = ERROR_MAX - request.body.len;

	strbuf_add(&request.body, bytes, len < room ? len : room);
	return len < room;
}

static int print_json(const char *bytes, size_t len)
{
	if (memchr(bytes, '\n', len))
		made_progress();
	request.cut = len && bytes[len - 1] != '\n';
	strbuf_add(&request.body, bytes, len);
	if (request.body.failed)
		return -ENOMEM;
	printable_json(&request.body);
	return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	size_t len = size * n;

	(void)ctx;
	if (!is_stream())
		return add_error(bytes, len) ? len : 0;
	if (!has_encoding()) {
		request.err = -EBADMSG;
	} else if (request.as_json) {
		request.err = print_json(bytes, len);
	} else {
		strbuf_add(&request.body, bytes, len);
		request.err = request.body.failed ? -ENOMEM : print_messages();
	}
	if (opt.follow)
		fflush(stdout);
	return request.err || ferror(stdout) ? 0 : len;
}

/* libcurl calls this about once a second, whether bytes come or not. */
static int on_time(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	uint64_t limit = opt.timeout_ns;

	(void)ctx;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (opt.follow && request.any && limit < FOLLOW_NS)
		limit = FOLLOW_NS;
	if (clock_mono_ns() - request.progress_ns > limit)
		request.err = -ETIMEDOUT;
	return request.err;
}

static CURLUcode add_argument(CURLU *url, const char *name, const char *value)
{
	struct strbuf argument = STRBUF_INIT;
	CURLUcode err;

	if (!value)
		return CURLUE_OK;
	strbuf_addf(&argument, "%s=%s", name, value);
	err = curl_url_set(url, CURLUPART_QUERY, strbuf_str(&argument),
			   CURLU_APPENDQUERY | CURLU_URLENCODE);
	strbuf_free(&argument);
	return err;
}

static CURLUcode make_url(CURLU *url)
{
	bool is_unix = *opt.exporter == '/';

	return curl_url_set(url, CURLUPART_URL, is_unix ? "http://localhost" : opt.exporter, 0)
		?: curl_url_set(url, CURLUPART_PATH, "/v1/events", 0)
		?: add_argument(url, "follow", opt.follow ? "1" : "0")
		?: add_argument(url, "after", opt.after)
		?: add_argument(url, "since", opt.since)
		?: add_argument(url, "until", opt.until)
		?: add_argument(url, "device", opt.device)
		?: add_argument(url, "kind", opt.kind)
		?: add_argument(url, "limit", opt.limit);
}

static void set_options(CURLU *url, char *what)
{
	CURL *curl = request.curl;

	curl_easy_setopt(curl, CURLOPT_CURLU, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (*opt.exporter == '/')
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, opt.exporter);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, what);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(opt.timeout_ns / NSEC_PER_MSEC));
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_time);
}

/* Prints the first line of an error's text, or else its number. */
static void print_refusal(void)
{
	const char *text = strbuf_str(&request.body);
	long status = 0;
	int len;

	text += strspn(text, "\r\n\t ");
	len = (int)strcspn(text, "\r\n");
	curl_easy_getinfo(request.curl, CURLINFO_RESPONSE_CODE, &status);
	if (len)
		ctl_error("%s: %.*s", opt.exporter, len > ERROR_SHOWN ? ERROR_SHOWN : len, text);
	else
		ctl_error("%s: the answer has the status %ld", opt.exporter, status);
}

/* Returns 0, or -errno after printing the reason. */
static int fetch(CURLU *url)
{
	char what[CURL_ERROR_SIZE] = "";
	CURLcode result;

	set_options(url, what);
	request.progress_ns = clock_mono_ns();
	result = curl_easy_perform(request.curl);
	if (ferror(stdout)) /* main() prints the error */
		return -EIO;
	if (request.err == -ETIMEDOUT) {
		ctl_error("%s: no %s for %llu s", opt.exporter, request.any ? "message" : "answer",
			  (unsigned long long)((clock_mono_ns() - request.progress_ns) /
					       NSEC_PER_SEC));
		return -ETIMEDOUT;
	}
	if (request.err || (is_stream() && !result && (request.body.len || request.cut))) {
		ctl_error("%s: the answer is not a stream of events", opt.exporter);
		return -EBADMSG;
	}
	if (result && (is_stream() || !request.body.len)) {
		ctl_error("%s: %s", opt.exporter, *what ? what : curl_easy_strerror(result));
		return -EIO;
	}
	if (!is_stream()) {
		print_refusal();
		return -EINVAL;
	}
	want_header();
	return 0;
}

static int run(bool as_json)
{
	struct curl_slist *headers;
	CURLU *url = curl_url();
	char accept[64];
	int err = -ENOMEM;

	request.curl = curl_easy_init();
	request.as_json = as_json;
	snprintf(accept, sizeof(accept), "Accept: %s", encoding());
	headers = curl_slist_append(NULL, accept);
	if (!headers || !url || !request.curl) {
		ctl_error("out of memory");
	} else if (make_url(url)) {
		ctl_error("--exporter: expected http://HOST:PORT or /PATH, got \"%s\"",
			  opt.exporter);
		err = -EINVAL;
	} else {
		curl_easy_setopt(request.curl, CURLOPT_HTTPHEADER, headers);
		err = fetch(url);
	}
	curl_easy_cleanup(request.curl);
	curl_url_cleanup(url);
	curl_slist_free_all(headers);
	strbuf_free(&request.body);
	return err;
}

const struct ctl_verb ctl_events = {
	.name = "events",
	.help = "print events that the exporter retains, in memory and in its store",
	.rows = rows,
	.values = &opt,
	.run = run,
};
