// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "request.h"

/*
 * The time in which the parts of the responses of one client may be made in one turn of the loop,
 * so that a client with many requests delays others by a few milliseconds only.
 */
#define TURN_NS (2 * NSEC_PER_MSEC)
/* Connections that libmicrohttpd gets in one turn; most of them ask for something at once. */
#define HAND_OVERS_PER_TURN 32

struct options {
	uint64_t idle_ns;
	uint64_t request_ns;
	uint64_t response_ns;
};

static const struct options defaults = { .idle_ns = 60 * NSEC_PER_SEC,
					 .request_ns = 10 * NSEC_PER_SEC,
					 .response_ns = 60 * NSEC_PER_SEC };
static struct options options;

#define TIMEOUT_MAX (24 * 3600 * NSEC_PER_SEC)

static const struct option_row rows[] = {
	{ .name = "web.idle-timeout",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct options, idle_ns),
	  .max = TIMEOUT_MAX,
	  .arg = "DURATION",
	  .help = "how long a connection may stay open without a request, 0s: no limit" },
	{ .name = "web.request-timeout",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct options, request_ns),
	  .max = TIMEOUT_MAX,
	  .arg = "DURATION",
	  .help = "how long a request may take from its first byte to its last, 0s: no limit" },
	{ .name = "web.response-timeout",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct options, response_ns),
	  .max = TIMEOUT_MAX,
	  .arg = "DURATION",
	  .help = "how long a client may take to receive an answer, or the next part of a stream, "
		  "0s: no limit" },
	{ .name = NULL },
};

const struct setting_group connection_settings = { rows, sizeof(options), &defaults, &options,
						   NULL };

static void on_deadline(struct loop_timer *timer);

static struct loop *connection_loop;
static struct connection_queue queues[CONNECTION_STATES];
static struct loop_timer deadline = { .expired = on_deadline };
static uint64_t turn; /* number of the present turn of the loop */
static uint64_t num_postponed;
static struct connection_queue arrived = TAILQ_HEAD_INITIALIZER(arrived);

/* How long a connection may be in a state, and what is counted when it is there longer. */
static const struct limit {
	const uint64_t *ns; /* NULL, or a value of 0: no limit */
	enum limits_closing closing;
} limits[CONNECTION_STATES] = {
	[CONNECTION_IDLE] = { &options.idle_ns, LIMITS_IDLE_TIMEOUT },
	[CONNECTION_READING] = { &options.request_ns, LIMITS_REQUEST_TIMEOUT },
	[CONNECTION_HALF] = { &options.request_ns, LIMITS_REQUEST_TIMEOUT },
	[CONNECTION_ANSWERING] = { &options.response_ns, LIMITS_RESPONSE_TIMEOUT },
};

static void arm(uint64_t at_ns)
{
	uint64_t now = clock_mono_ns();

	if (!deadline.armed || deadline.deadline_ns > at_ns)
		loop_timer_arm(connection_loop, &deadline, at_ns > now ? at_ns - now : 0);
}

static void leave_state(struct connection *c)
{
	TAILQ_REMOVE(&queues[c->state], c, all);
	TAILQ_REMOVE(&c->client->queues[c->state], c, of_client);
}

static void enter_state(struct connection *c, enum connection_state state)
{
	const uint64_t *limit_ns = limits[state].ns;

	c->state = state;
	c->since_ns = clock_mono_ns();
	TAILQ_INSERT_TAIL(&queues[state], c, all);
	TAILQ_INSERT_TAIL(&c->client->queues[state], c, of_client);
	if (limit_ns && *limit_ns)
		arm(c->since_ns + *limit_ns);
}

static void postpone(struct connection *c)
{
	if (c->postponed)
		return;
	c->postponed = true;
	num_postponed++;
	TAILQ_INSERT_TAIL(&c->client->postponed, c, in_queue);
}

static void end_postponed(struct connection *c)
{
	if (!c->postponed)
		return;
	c->postponed = false;
	num_postponed--;
	TAILQ_REMOVE(&c->client->postponed, c, in_queue);
}

static void set_state(struct connection *c, enum connection_state state)
{
	/* A connection that is being closed stays so until libmicrohttpd has closed it. */
	if (c->state == CONNECTION_CLOSING)
		return;
	if (state != CONNECTION_ANSWERING)
		end_postponed(c);
	leave_state(c);
	enter_state(c, state);
}

static void end_arrived(struct connection *c)
{
	if (c->arrived)
		TAILQ_REMOVE(&arrived, c, in_queue);
	c->arrived = false;
}

/* The caller closes the descriptor. */
static void forget(struct connection *c)
{
	loop_del(connection_loop, &c->watch);
	end_postponed(c);
	end_arrived(c);
	leave_state(c);
	limits_client_put(c->client);
	free(c);
}

/* libmicrohttpd sees the shutdown as an error of the socket, unless the connection is suspended. */
void connection_close(struct connection *c)
{
	const int fd = c->fd;

	if (c->state == CONNECTION_CLOSING)
		return;
	if (!c->mhd) {
		forget(c);
		close(fd);
		return;
	}
	set_state(c, CONNECTION_CLOSING);
	shutdown(fd, SHUT_RDWR);
	if (c->request)
		http_resume(c->request);
}

static void on_deadline(struct loop_timer *timer)
{
	const uint64_t now = clock_mono_ns();

	(void)timer;
	for (int state = 0; state < CONNECTION_STATES; state++) {
		const uint64_t *limit_ns = limits[state].ns;
		struct connection *c;

		if (!limit_ns || !*limit_ns)
			continue;
		while ((c = TAILQ_FIRST(&queues[state])) && c->since_ns + *limit_ns <= now) {
			limits_count(limits[state].closing);
			connection_close(c);
		}
		if (c)
			arm(c->since_ns + *limit_ns);
	}
}

static struct connection *adding; /* during MHD_add_connection() */

void connection_notify(void *cls, struct MHD_Connection *mhd, void **connection,
		       enum MHD_ConnectionNotificationCode code)
{
	struct connection *c = code == MHD_CONNECTION_NOTIFY_STARTED ? adding : *connection;

	(void)cls;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c->mhd = mhd;
		*connection = c;
		return;
	}
	if (c == adding)
		adding = NULL;
	forget(c);
}

/* libmicrohttpd closes the descriptor also if it refuses the connection, for lack of memory. */
static void hand_over(struct connection *c)
{
	static const struct sockaddr unspecified = { .sa_family = AF_UNSPEC };

	end_arrived(c);
	adding = c;
	if (MHD_add_connection(c->daemon, c->fd, &unspecified, sizeof(unspecified)) != MHD_YES) {
		limits_count(LIMITS_REFUSED_MEMORY);
		if (adding)
			forget(adding);
	}
	adding = NULL;
}

static bool has_unread(const struct connection *c)
{
	int bytes = 0;

	return !ioctl(c->fd, FIONREAD, &bytes) && bytes > 0;
}

static void on_half(struct connection *c)
{
	if (c->half)
		return;
	c->half = true;
	if (c->state == CONNECTION_IDLE || c->state == CONNECTION_READING)
		set_state(c, CONNECTION_HALF);
	else if (c->request && c->request->half_closed)
		c->request->half_closed(c->request);
}

/* Edge-triggered, and called in a turn of the loop before libmicrohttpd reads the bytes. */
static void on_watch(struct loop_fd *watch, uint32_t events)
{
	struct connection *c = (void *)((char *)watch - offsetof(struct connection, watch));

	if (events & (EPOLLERR | EPOLLHUP)) {
		connection_close(c);
		return;
	}
	if (!c->mhd && !has_unread(c)) {
		connection_close(c);
		return;
	}
	if (!c->mhd && !c->arrived) {
		TAILQ_INSERT_TAIL(&arrived, c, in_queue);
		c->arrived = true;
	}
	if (c->state == CONNECTION_IDLE && has_unread(c))
		set_state(c, CONNECTION_READING);
	if (events & EPOLLRDHUP)
		on_half(c);
}

void connections_before_run(void)
{
	struct connection *c;

	turn++;
	for (int i = 0; i < HAND_OVERS_PER_TURN && (c = TAILQ_FIRST(&arrived)); i++)
		hand_over(c);
	if (!num_postponed)
		return;
	for (c = TAILQ_FIRST(&queues[CONNECTION_ANSWERING]); c; c = TAILQ_NEXT(c, all))
		if (c->postponed)
			http_resume(c->request);
}

bool connections_must_run(void)
{
	return num_postponed || !TAILQ_EMPTY(&arrived);
}

/* Connections of a client take turns, whatever the order in which libmicrohttpd calls them. */
static bool has_turn(const struct connection *c)
{
	struct limits_client *client = c->client;
	const struct connection *first = TAILQ_FIRST(&client->postponed);

	if (client->turn != turn) {
		client->turn = turn;
		client->spent_ns = 0;
	}
	return !limits_apply(client) || (client->spent_ns < TURN_NS && (!first || first == c));
}

bool connection_work(struct connection *c,
		     ssize_t (*work)(struct http_request *request, char *buf, size_t max),
		     char *buf, size_t max, ssize_t *result)
{
	uint64_t start;

	if (!has_turn(c)) {
		set_state(c, CONNECTION_ANSWERING);
		postpone(c);
		return false;
	}
	end_postponed(c);
	start = clock_mono_ns();
	*result = work(c->request, buf, max);
	c->client->spent_ns += clock_mono_ns() - start;
	return true;
}

void connections_after_run(void)
{
	struct connection *c = TAILQ_FIRST(&queues[CONNECTION_HALF]), *next;

	for (; c; c = next) {
		next = TAILQ_NEXT(c, all);
		if (!has_unread(c))
			connection_close(c);
	}
}

void connections_start(struct loop *loop)
{
	connection_loop = loop;
	for (int i = 0; i < CONNECTION_STATES; i++)
		TAILQ_INIT(&queues[i]);
}

struct connection *connection_open(int fd, const struct listener *listener,
				   struct MHD_Daemon *daemon, struct limits_client *client)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->listener = listener;
	c->daemon = daemon;
	c->client = client;
	c->fd = fd;
	c->watch = (struct loop_fd){ .fd = fd, .ready = on_watch };
	if (loop_add(connection_loop, &c->watch, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
		free(c);
		return NULL;
	}
	enter_state(c, CONNECTION_IDLE);
	return c;
}

struct connection *connection_without_request(const struct limits_client *client)
{
	const struct connection_queue *from = client ? client->queues : queues;
	struct connection *c = TAILQ_FIRST(&from[CONNECTION_HALF]);

	if (!c)
		c = TAILQ_FIRST(&from[CONNECTION_IDLE]);
	if (!c)
		c = TAILQ_FIRST(&from[CONNECTION_READING]);
	return c;
}

void connections_stop(void)
{
	struct connection *c, *next;

	if (!connection_loop)
		return;
	loop_timer_disarm(connection_loop, &deadline);
	for (int state = 0; state < CONNECTION_STATES; state++) {
		for (c = TAILQ_FIRST(&queues[state]); c; c = next) {
			next = TAILQ_NEXT(c, all);
			if (!c->mhd)
				connection_close(c);
		}
	}
}

uint64_t connections_response_ns(void)
{
	return options.response_ns;
}

struct connection *connection_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void connection_begins(struct connection *connection, struct http_request *request)
{
	connection->request = request;
}

void connection_answers(struct connection *connection)
{
	set_state(connection, CONNECTION_ANSWERING);
}

void connection_waits(struct connection *connection)
{
	set_state(connection, CONNECTION_WAITING);
}

void connection_ends(struct connection *connection)
{
	connection->request = NULL;
	set_state(connection, connection->half ? CONNECTION_HALF : CONNECTION_IDLE);
}
