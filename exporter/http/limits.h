/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many connections and requests are served at the same time: in total and for each client.  A
 * client is an IPv4 address, an IPv6 network of 64 bits, or a user of the unix socket.  This file
 * counts; connection.h closes connections.
 */
#ifndef FAULTCAST_HTTP_LIMITS_H
#define FAULTCAST_HTTP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/options.h"
#include "expo/metric.h"

extern const struct setting_group limits_settings;
extern const struct metric limits_metrics[];

/* True for "address" and "address/bits", of IPv4 or IPv6. */
bool limits_is_network(const char *text);
#define LIMITS_NETWORK "an address, or a network such as 192.0.2.0/24 or 2001:db8::/32"

/* Something that only so many requests may use at the same time. */
enum limits_use {
	LIMITS_METRICS, /* a page of metrics */
	LIMITS_DEVICES, /* a page of devices */
	LIMITS_STATUS,	/* a page of the status */
	LIMITS_EVENTS,	/* a stream of events */
	LIMITS_USES
};

struct connection;
TAILQ_HEAD(connection_queue, connection);

/* The states of a connection.  Each has a queue, the connection that is there longest first. */
enum connection_state {
	CONNECTION_IDLE,      /* no byte of a request has arrived */
	CONNECTION_READING,   /* a request is arriving */
	CONNECTION_HALF,      /* the same, and the client will send nothing more */
	CONNECTION_ANSWERING, /* the request is complete */
	CONNECTION_WAITING,   /* a stream that has sent everything */
	CONNECTION_CLOSING,   /* libmicrohttpd will close the connection in this turn or the next */
	CONNECTION_STATES
};

/* A client with connections. */
struct limits_client {
	struct limits_key {
		sa_family_t family;
		bool trusted; /* no limit of one client applies */
		uint32_t id;  /* AF_UNIX: the user; else the scope of a link-local address */
		uint8_t address[16];
	} key;
	uint64_t connections;
	uint64_t uses[LIMITS_USES];
	uint64_t turn, spent_ns; /* the last turn of the loop that worked for it, and how long */
	struct connection_queue postponed; /* connections that wait for a turn, as they came */
	struct connection_queue queues[CONNECTION_STATES]; /* connection.h keeps them */
};

/*
 * Raises RLIMIT_NOFILE if the limits need it and it can be raised, and fits the limits to it.
 * Called once, before the first connection.
 */
void limits_start(void);

/* The largest number of connections. */
uint64_t limits_connections(void);

/*
 * The client at the other end of the socket @fd, whose address is @address; for a unix socket, the
 * user that connected.  Counts a connection of it.  Returns NULL when out of memory.
 */
struct limits_client *limits_client_get(int fd, const struct sockaddr *address);

/* Removes one connection of @client, and frees the client with the last one. */
void limits_client_put(struct limits_client *client);

/* Adds the name of @client for a log line: "192.0.2.1", "2001:db8::/64" or "user 1000". */
void limits_client_name(const struct limits_client *client, struct strbuf *out);

/* True unless the client is trusted, or web.max-connections-per-address is 0. */
bool limits_apply(const struct limits_client *client);

/* True if the client, or all clients, have more connections than allowed. */
bool limits_client_exceeded(const struct limits_client *client);
bool limits_exceeded(void);

/*
 * Takes one of @max uses for a request of @client, until limits_give_back(); @max 0: there is no
 * limit.  One client gets at most half of them.  Returns false, and counts the refusal, if none is
 * left.
 */
bool limits_take(struct limits_client *client, enum limits_use use, uint64_t max);
void limits_give_back(struct limits_client *client, enum limits_use use);

/* Counts a connection that was closed: at once, or before its client closed it. */
enum limits_closing {
	LIMITS_REFUSED_TOTAL,	    /* web.max-connections */
	LIMITS_REFUSED_CLIENT,	    /* web.max-connections-per-address */
	LIMITS_REFUSED_DESCRIPTORS, /* none is left, although the limits should see to that */
	LIMITS_REFUSED_MEMORY,
	LIMITS_DISPLACED,	 /* a newer connection took the place of one without a request */
	LIMITS_IDLE_TIMEOUT,	 /* web.idle-timeout */
	LIMITS_REQUEST_TIMEOUT,	 /* web.request-timeout */
	LIMITS_RESPONSE_TIMEOUT, /* web.response-timeout */
	LIMITS_CLOSINGS
};
void limits_count(enum limits_closing closing);

#endif
