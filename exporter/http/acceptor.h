/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accepts connections within the limits of limits.h.  libmicrohttpd stops listening at its limits,
 * so that clients without requests keep all others out.  Here a new connection displaces the one
 * that has been without a complete request for longest.
 */
#ifndef FAULTCAST_HTTP_ACCEPTOR_H
#define FAULTCAST_HTTP_ACCEPTOR_H

struct MHD_Daemon;
struct listener;
struct loop;

/* Prepares for connections on @loop, and fits the limits to RLIMIT_NOFILE. */
void acceptor_start(struct loop *loop);

/*
 * Accepts connections on @listener until acceptor_stop(), for @daemon, which was started with
 * MHD_USE_NO_LISTEN_SOCKET and connection_notify().  @listener must outlive the connections.
 * Returns 0 or -errno.
 */
int acceptor_listen(const struct listener *listener, struct MHD_Daemon *daemon);

/* Ends accepting, and closes the connections that libmicrohttpd does not have. */
void acceptor_stop(void);

#endif
