/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server: libmicrohttpd in the epoll loop.  It accepts connections, calls the functions of
 * routes (route.h), and suspends requests that are not answered yet.
 */
#ifndef FAULTCAST_HTTP_SERVER_H
#define FAULTCAST_HTTP_SERVER_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "route.h"

struct loop;

struct http_options {
	const char *listen_address; /* "host:port", "[v6]:port" or ":port" */
	const char *unix_path;	    /* "": no unix socket */
};

/*
 * Listens, and serves the table @routes on the loop.  Returns 0 or -errno, with one line in
 * @error; the caller calls http_server_stop() in both cases.  @options, its strings and @routes
 * must outlive the server.
 */
int http_server_start(struct loop *loop, const struct http_options *options,
		      const struct http_route *const *routes, struct strbuf *error);

/* Closes all connections and stops listening. */
void http_server_stop(void);

/* True if the TCP address is reachable from other hosts. */
bool http_server_is_wide(void);

#endif
