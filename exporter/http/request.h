/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request as an endpoint sees it: what the client sent, the endpoint's own state, and the answer
 * so far (answer.h fills it in).
 */
#ifndef FAULTCAST_HTTP_REQUEST_H
#define FAULTCAST_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "connection.h"
#include "route.h"
#include "target.h"

/* Exists from the end of its first line to the end of its response. */
struct http_request {
	struct target target;			/* path and query */
	bool head;				/* HEAD: the answer will have no body */
	const struct http_route *route;		/* NULL: none was found */
	const struct http_route *const *routes; /* the table that @route is from */

	/* The endpoint's own; @end is called once when the request is over, answered or not. */
	void *state;
	void (*end)(struct http_request *request);

	/* The answer. */
	bool answered;
	unsigned int status;
	/* Static strings for headers; NULL: no such header. */
	const char *content_type;
	const char *content_encoding;
	const char *vary;
	const char *allow;
	/* The body: @read, or else @buffer, or else @body. */
	struct strbuf body;
	const struct strbuf *buffer;
	void (*release)(void *buffer_owner);
	void *buffer_owner;
	ssize_t (*read)(struct http_request *request, char *buf, size_t max);

	/*
	 * Optional: called when the client has ended its sending side.  It cannot be told apart
	 * from a client that is gone, until something is sent to it.
	 */
	void (*half_closed)(struct http_request *request);

	/* The server's. */
	struct connection *connection;
	struct MHD_Connection *mhd;
	size_t target_len; /* length of the target as it was sent, up to a NUL */
	bool begun;	   /* the headers are complete */
	bool asked;	   /* the route's answer() was called */
	bool suspended;
	struct http_request *prev, *next;
};

/* The value of header @name, or NULL.  Valid as long as the request. */
const char *http_header(const struct http_request *request, const char *name);

/*
 * The values of all headers @name, joined by commas, because a list may be spread over several
 * lines (RFC 9110 5.3).  The caller frees the result.
 */
struct strbuf http_header_list(const struct http_request *request, const char *name);

/*
 * Reads the query with the parameters of the route into the struct at @into; @now_real_ns is the
 * time that relative times count from.  Returns 0, or -EINVAL with one line in @error.
 */
int http_read_parameters(const struct http_request *request, void *into, uint64_t now_real_ns,
			 struct strbuf *error);

/* True if a body follows the headers. */
bool http_has_body(const struct http_request *request);

/*
 * Returns false if a header's name has a space.  RFC 9112 section 5.1 wants such a request refused,
 * because a proxy may take "Content-Length : 5" for the length of the body.
 */
bool http_has_clear_names(const struct http_request *request);

/*
 * True if the end of the request's body is clear: if not, a proxy in front of this server might
 * take a part of the body for the next request (RFC 9112 6.3).
 */
bool http_has_clear_end(const struct http_request *request);

/* True if the client accepts gzip and does not prefer the plain body. */
bool http_accepts_gzip(const struct http_request *request);

/* Suspends the connection until http_resume().  The server does this; endpoints need not. */
void http_suspend(struct http_request *request);

/*
 * Continues with a suspended request after it has been answered, or when its reader has something
 * to read again.  Does nothing if the request is not suspended.
 */
void http_resume(struct http_request *request);

#endif
