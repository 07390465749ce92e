/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server: libmicrohttpd in the epoll loop.  It accepts connections, calls the functions of
 * routes (route.h), and suspends requests that are not answered yet.
 */
#ifndef FAULTCAST_HTTP_SERVER_H
#define FAULTCAST_HTTP_SERVER_H

#include <stdbool.h>

#include "base/options.h"
#include "base/strbuf.h"
#include "route.h"

struct loop;

/* The settings of the server: where it listens. */
extern const struct setting_group http_server_settings;

/*
 * Listens, and serves the table @routes on the loop.  Returns 0 or -errno, with one line in
 * @error; the caller calls http_server_stop() in both cases.  @routes must outlive the server.
 */
int http_server_start(struct loop *loop, const struct http_route *const *routes,
		      struct strbuf *error);

/* Closes all connections and stops listening. */
void http_server_stop(void);

/*
 * Adds the addresses that are listened on, separated by ", ": "127.0.0.1:10186", "[::1]:10186", or
 * the path of the unix socket.  @wide: only those that other hosts can reach.
 */
void http_server_add_addresses(struct strbuf *out, bool wide);

#endif
