/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of clients.  libmicrohttpd gets a connection when its first bytes arrive.  This file
 * closes a connection when its client is gone or takes too long, because libmicrohttpd 0.9.75
 * cannot: its one timeout measures inactivity, so that a byte from time to time keeps a connection
 * open.  It does not notice a client that closes right after its last bytes, because its epoll is
 * edge-triggered, nor one that closes while the connection is suspended.
 */
#ifndef FAULTCAST_HTTP_CONNECTION_H
#define FAULTCAST_HTTP_CONNECTION_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/loop.h"
#include "limits.h"

struct http_request;
struct listener;

struct connection {
	const struct listener *listener; /* the socket that the client connected to */
	struct MHD_Daemon *daemon;
	struct limits_client *client;
	enum connection_state state;
	struct http_request *request; /* NULL: the headers of no request are complete */

	int fd;
	struct loop_fd watch;
	struct MHD_Connection *mhd; /* NULL: no byte has arrived */
	bool half;		    /* the client sends nothing more; it may still read */
	uint64_t since_ns;	    /* when @state began, or was renewed */
	TAILQ_ENTRY(connection) all, of_client; /* connections in the same state */
	bool arrived;				/* in the queue for the hand-over */
	bool postponed;				/* in client->postponed */
	TAILQ_ENTRY(connection) in_queue;	/* one of these two */
};

extern const struct setting_group connection_settings;

/* Prepares for connections on @loop. */
void connections_start(struct loop *loop);

/*
 * Opens a connection of @client on the socket @fd, for @daemon, which was started with
 * connection_notify().  Takes over a reference to @client, and @fd.  Returns NULL, and takes over
 * neither, when out of memory.
 */
struct connection *connection_open(int fd, const struct listener *listener,
				   struct MHD_Daemon *daemon, struct limits_client *client);

/*
 * Closes a connection.  If libmicrohttpd has it, it is closed at the end of the present turn of the
 * loop or of the next one.
 */
void connection_close(struct connection *connection);

/*
 * The connection that has been without a complete request for longest: of @client, or of all
 * clients if @client is NULL.  Returns NULL if there is none.
 */
struct connection *connection_without_request(const struct limits_client *client);

/*
 * Must be called before and after each MHD_run().  connections_must_run() is true if the loop must
 * not wait for events before the next MHD_run().
 */
void connections_before_run(void);
void connections_after_run(void);
bool connections_must_run(void);

/* Closes the connections that libmicrohttpd does not have. */
void connections_stop(void);

/* The setting web.response-timeout in ns, 0: no limit. */
uint64_t connections_response_ns(void);

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void connection_notify(void *cls, struct MHD_Connection *mhd, void **connection,
		       enum MHD_ConnectionNotificationCode code);

/* The connection to which @mhd belongs. */
struct connection *connection_of(struct MHD_Connection *mhd);

/* The headers of @request, whose body may follow, are complete. */
void connection_begins(struct connection *connection, struct http_request *request);

/* The request is complete, or a stream has bytes to send: the time for the response starts now. */
void connection_answers(struct connection *connection);

/*
 * The stream, which is suspended, has no bytes to send.  There is no deadline until
 * connection_answers().
 */
void connection_waits(struct connection *connection);

/*
 * Calls @work, which makes a part of a response, and returns what it returns.  If the client has
 * used up its time in this turn of the loop, does not call it: returns false, and resumes the
 * request, which the caller must suspend, in the next turn.
 */
bool connection_work(struct connection *connection,
		     ssize_t (*work)(struct http_request *request, char *buf, size_t max),
		     char *buf, size_t max, ssize_t *result);

/* The request has ended. */
void connection_ends(struct connection *connection);

#endif
