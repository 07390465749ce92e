// SPDX-License-Identifier: GPL-2.0-or-later
#include "acceptor.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "connection.h"
#include "limits.h"
#include "listener.h"

/* How long accepting may hold up the loop in one turn. */
#define ACCEPT_NS NSEC_PER_MSEC
/* Displaced connections in one turn; they keep their descriptors until the end of the turn. */
#define DISPLACED_PER_TURN 8
/* How long to wait for a descriptor when there is none. */
#define RETRY_NS (100 * NSEC_PER_MSEC)
/*
 * Bytes that the kernel may hold for a connection; it doubles the numbers (socket(7)).  They bound
 * the memory that clients that do not read take, and let a large answer leave in parts, so that
 * copying it to several clients in one turn of the loop does not delay events.
 */
#define SEND_BUFFER 65536
#define RECEIVE_BUFFER 16384

/* A listening socket. */
struct source {
	const struct listener *listener;
	struct MHD_Daemon *daemon;
	struct loop_fd watch;
	TAILQ_ENTRY(source) next;
};

static void on_retry(struct loop_timer *timer);

static struct loop *accept_loop;
static TAILQ_HEAD(source_list, source) sources = TAILQ_HEAD_INITIALIZER(sources);
static struct loop_timer retry = { .expired = on_retry };
static unsigned int displaced; /* in this turn of the loop */

/* The reset spares the kernel the memory of a closed connection. */
static void refuse(int fd)
{
	const struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static const char *client_name(const struct limits_client *client)
{
	static struct strbuf name;

	strbuf_free(&name);
	limits_client_name(client, &name);
	return strbuf_str(&name);
}

/* Closes a connection without a complete request, of @client or of all if it is NULL. */
static bool displace(const struct limits_client *client)
{
	struct connection *other = connection_without_request(client);

	if (!other)
		return false;
	limits_count(LIMITS_DISPLACED);
	displaced++;
	connection_close(other);
	return true;
}

/* Returns false if the new connection of @client must be refused. */
static bool make_room(const struct limits_client *client)
{
	bool room = true;

	if (limits_client_exceeded(client)) {
		log_warn("%s has as many connections as web.max-connections-per-address allows",
			 client_name(client));
		room = displace(client);
		if (!room)
			limits_count(LIMITS_REFUSED_CLIENT);
	} else if (limits_exceeded()) {
		log_warn("there are %" PRIu64 " connections, and no more are allowed",
			 limits_connections());
		room = displace(NULL);
		if (!room)
			limits_count(LIMITS_REFUSED_TOTAL);
	}
	return room;
}

static void add(const struct source *source, int fd, const struct sockaddr *address)
{
	struct limits_client *client = limits_client_get(fd, address);

	if (client && make_room(client)) {
		if (connection_open(fd, source->listener, source->daemon, client))
			return;
		limits_count(LIMITS_REFUSED_MEMORY);
	}
	if (client)
		limits_client_put(client);
	else
		limits_count(LIMITS_REFUSED_MEMORY);
	refuse(fd);
}

static void on_retry(struct loop_timer *timer)
{
	struct source *source;

	(void)timer;
	for (source = TAILQ_FIRST(&sources); source; source = TAILQ_NEXT(source, next))
		loop_add(accept_loop, &source->watch, EPOLLIN);
}

/* The limits should prevent this, but other programs may have used up the system's descriptors. */
static void on_no_descriptor(int err)
{
	struct source *source;

	log_error("cannot accept a connection: %s", strerror(err));
	limits_count(LIMITS_REFUSED_DESCRIPTORS);
	displace(NULL);
	for (source = TAILQ_FIRST(&sources); source; source = TAILQ_NEXT(source, next))
		loop_del(accept_loop, &source->watch);
	loop_timer_arm(accept_loop, &retry, RETRY_NS);
}

/* accept(2): errors other than these belong to a connection that has ended already. */
static bool is_lack_of_resources(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

static void on_listen(struct loop_fd *watch, uint32_t events)
{
	struct source *source = (void *)((char *)watch - offsetof(struct source, watch));
	const uint64_t until = clock_mono_ns() + ACCEPT_NS;
	bool first =
		true; /* without a descriptor, only the first accept4() tells of a connection */

	(void)events;
	displaced = 0;
	while (displaced < DISPLACED_PER_TURN && clock_mono_ns() < until) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(address);
		int fd = accept4(watch->fd, (void *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			if (source->listener->unix_path)
				address.ss_family = AF_UNIX;
			add(source, fd, (const void *)&address);
			first = false;
			continue;
		}
		if (first && is_lack_of_resources(errno))
			on_no_descriptor(errno);
		return;
	}
}

/* Accepted sockets inherit these options, except those of a unix socket, which need none. */
static void bound(int fd)
{
	const int send = SEND_BUFFER, receive = RECEIVE_BUFFER;
	const unsigned int timeout_ms = (unsigned int)(connections_response_ns() / NSEC_PER_MSEC);

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	/* A client whose host is gone acknowledges nothing, not even heartbeats. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

void acceptor_start(struct loop *loop)
{
	accept_loop = loop;
	limits_start();
	connections_start(loop);
}

int acceptor_listen(const struct listener *listener, struct MHD_Daemon *daemon)
{
	struct source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	bound(listener->fd);
	source->listener = listener;
	source->daemon = daemon;
	source->watch = (struct loop_fd){ .fd = listener->fd, .ready = on_listen };
	err = loop_add(accept_loop, &source->watch, EPOLLIN);
	if (err) {
		free(source);
		return err;
	}
	TAILQ_INSERT_TAIL(&sources, source, next);
	return 0;
}

static void drop_source(struct source *source)
{
	TAILQ_REMOVE(&sources, source, next);
	loop_del(accept_loop, &source->watch);
	free(source);
}

void acceptor_stop(void)
{
	if (!accept_loop)
		return;
	loop_timer_disarm(accept_loop, &retry);
	while (!TAILQ_EMPTY(&sources))
		drop_source(TAILQ_FIRST(&sources));
	connections_stop();
}
