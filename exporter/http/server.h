/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd in the epoll loop: connections, suspension, responses.  What is
 * answered where is routes.h's.
 */
#ifndef FAULTCAST_HTTP_SERVER_H
#define FAULTCAST_HTTP_SERVER_H

#include <microhttpd.h>

#include "base/strbuf.h"
#include "bus/snapshot.h"
#include "metrics/scrape.h"
#include "stream/stream.h"

struct loop;
struct route;

/* From its headers to the end of its response. */
struct http_request {
	const struct route *route;
	struct MHD_Connection *connection;
	struct snapshot_waiter waiter;
	struct scrape_waiter scrape;
	struct scrape_page *page; /* the body, if it is one */
	bool suspended;
	bool answered;
	unsigned int status;
	const char *content_type; /* static */
	const char *allow;	  /* for 405 */
	struct strbuf body;
	struct stream_client *stream; /* the body, if it is one */
	struct http_request *prev, *next;
};

struct http_options {
	const char *listen_address; /* "host:port", "[v6]:port", ":port" */
	const char *unix_path;	    /* "": no unix socket */
	const char *metrics_path;
	uint64_t max_requests; /* for metrics at the same time; 0: any number */
};

/*
 * Listens and serves on the loop.  0 or -errno, with one line in @error; then
 * http_server_stop() ends what was begun.  The strings must outlive the server.
 */
int http_server_start(struct loop *loop, const struct http_options *options, struct strbuf *error);
void http_server_stop(void);

/* True when the TCP address is reachable from other hosts. */
bool http_server_is_wide(void);

/* Gives @request a one-line text answer; the format is printf's. */
void http_answer_text(struct http_request *request, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Called by a stream's wake-up. */
void http_resume(void *request);

#endif
