// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl events: prints the events that the exporter retains, from its stream. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "print.h"
#include "wire/decode.h"

static struct options {
	const char *exporter;
	const char *after;
	const char *since;
	const char *until;
	const char *device;
	const char *kind;
	const char *limit;
	bool follow;
} opt = { .exporter = "http://127.0.0.1:10186" };

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
	{ .name = NULL },
};

static struct {
	CURL *curl;
	bool as_json;
	bool has_header;
	struct strbuf body; /* not printed yet: a part of a message, or the text of an error */
	int err;
} request;

/* True if the answer is a stream, and not an error. */
static bool is_stream(void)
{
	long status = 0;

	curl_easy_getinfo(request.curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
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
	}
	memmove(body->s, body->s + at, body->len - at);
	body->len -= at;
	return len < 0 ? (int)len : err;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	size_t len = size * n;

	(void)ctx;
	if (is_stream() && request.as_json) {
		fwrite(bytes, 1, len, stdout);
	} else {
		strbuf_add(&request.body, bytes, len);
		if (request.body.failed)
			request.err = -ENOMEM;
		else if (is_stream())
			request.err = print_messages();
	}
	if (opt.follow)
		fflush(stdout);
	return request.err || ferror(stdout) ? 0 : len;
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

/* Returns 0, or -errno after printing the reason. */
static int fetch(CURLU *url)
{
	char what[CURL_ERROR_SIZE] = "";
	CURLcode result;

	curl_easy_setopt(request.curl, CURLOPT_CURLU, url);
	curl_easy_setopt(request.curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (*opt.exporter == '/')
		curl_easy_setopt(request.curl, CURLOPT_UNIX_SOCKET_PATH, opt.exporter);
	curl_easy_setopt(request.curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(request.curl, CURLOPT_ERRORBUFFER, what);
	curl_easy_setopt(request.curl, CURLOPT_WRITEFUNCTION, on_body);
	result = curl_easy_perform(request.curl);
	if (ferror(stdout)) /* main() prints the error */
		return -EIO;
	if (request.err || (is_stream() && !request.as_json && !result && request.body.len)) {
		ctl_error("%s: the answer is not a stream of events", opt.exporter);
		return -EBADMSG;
	}
	if (result) {
		ctl_error("%s: %s", opt.exporter, *what ? what : curl_easy_strerror(result));
		return -EIO;
	}
	if (!is_stream()) {
		ctl_error("%s: %s", opt.exporter,
			  request.body.len ? strtok(request.body.s, "\n") : "no answer");
		return -EINVAL;
	}
	want_header();
	return 0;
}

static int run(bool as_json)
{
	struct curl_slist *headers = curl_slist_append(
		NULL, as_json ? "Accept: application/x-ndjson" : "Accept: application/x-protobuf");
	CURLU *url = curl_url();
	int err = -ENOMEM;

	request.curl = curl_easy_init();
	request.as_json = as_json;
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
