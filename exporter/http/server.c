// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "acceptor.h"
#include "answer.h"
#include "base/log.h"
#include "base/loop.h"
#include "connection.h"
#include "listener.h"
#include "request.h"
#include "response.h"

#define REQUEST_BYTES_MAX 65536 /* more than libmicrohttpd's buffer */

struct options {
	struct option_texts listen_address;
	const char *unix_path; /* "": no unix socket */
};

static const struct options defaults = {
	.listen_address = { .count = 1, .items = { "127.0.0.1:10186" } },
	.unix_path = "",
};
static struct options options;

static const struct option_row rows[] = {
	{ .name = "web.listen-address",
	  .type = OPTION_TEXTS,
	  .offset = offsetof(struct options, listen_address),
	  .min = 1,
	  .valid = listener_is_address,
	  .expected = LISTENER_ADDRESS,
	  .arg = "HOST:PORT",
	  .help = "addresses on which HTTP is served without authentication; none: no TCP" },
	{ .name = "web.unix-socket",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, unix_path),
	  .valid = listener_is_unix_path,
	  .expected = LISTENER_UNIX_PATH,
	  .arg = "PATH",
	  .hide_default = true,
	  .help = "unix socket that serves HTTP to root, the exporter's user and group faultcast" },
	{ .name = NULL },
};

static bool has_none(const struct option_texts *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (!strcmp(addresses->items[i], LISTENER_NONE))
			return true;
	return false;
}

static int check(const void *values, struct strbuf *error)
{
	const struct options *o = values;

	if (!has_none(&o->listen_address))
		return 0;
	if (o->listen_address.count > 1)
		strbuf_adds(error, "web.listen-address: expected none alone, or addresses");
	else if (!*o->unix_path)
		strbuf_adds(error, "web.listen-address: expected an address, because there is no "
				   "web.unix-socket, got \"none\"");
	return error->len ? -EINVAL : 0;
}

const struct setting_group http_server_settings = { rows, sizeof(options), &defaults, &options,
						    check };

static int hook_timeout(struct loop_hook *hook);
static void hook_run(struct loop_hook *hook);
static void on_activity(struct loop_fd *watch, uint32_t events);

static struct loop *server_loop;
static struct MHD_Daemon *server;
static struct loop_hook server_hook = { .timeout_ms = hook_timeout, .run = hook_run };
static struct loop_fd server_activity = { .fd = -1, .ready = on_activity };
static struct listeners listeners;
static const struct http_route *const *served;
static struct http_request *requests;

static int hook_timeout(struct loop_hook *hook)
{
	MHD_UNSIGNED_LONG_LONG ms;

	(void)hook;
	if (connections_must_run())
		return 0;
	if (MHD_get_timeout(server, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

/* libmicrohttpd's epoll is edge-triggered, so it must run after every wait of the loop. */
static void hook_run(struct loop_hook *hook)
{
	(void)hook;
	connections_before_run();
	MHD_run(server);
	connections_after_run();
}

static void on_activity(struct loop_fd *watch, uint32_t events)
{
	(void)watch;
	(void)events; /* hook_run() does the work */
}

static struct http_request *new_request(struct MHD_Connection *connection)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->mhd = connection;
	request->connection = connection_of(connection);
	request->routes = served;
	request->next = requests;
	if (requests)
		requests->prev = request;
	requests = request;
	connection_begins(request->connection, request);
	return request;
}

static void free_request(struct http_request *request)
{
	if (request->end)
		request->end(request);
	response_discard(request);
	connection_ends(request->connection);
	target_free(&request->target);
	if (request->prev)
		request->prev->next = request->next;
	else
		requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	free(request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (*request)
		free_request(*request);
	*request = NULL;
}

/* Answers 403 to a client of the unix socket that has no permission. */
static void check_peer(struct http_request *request)
{
	const struct connection *connection = request->connection;
	struct strbuf error = STRBUF_INIT;

	if (!connection->listener->unix_path)
		return;
	if (listener_check_peer(connection->listener, connection->fd, &error))
		http_answer_text(request, MHD_HTTP_FORBIDDEN, "%s", strbuf_str(&error));
	strbuf_free(&error);
}

/*
 * Called for the first line of a request.  libmicrohttpd would decode the target to a string that
 * ends at "%00", accepts wrong escapes, and stops answering if its memory does not suffice for all
 * arguments (0.9.75).  So it gets an empty query: this function ends the string in its buffer.
 */
static void *on_target(void *cls, const char *raw, struct MHD_Connection *connection)
{
	struct http_request *request = new_request(connection);
	struct strbuf error = STRBUF_INIT;
	char *query;

	(void)cls;
	if (!request || !raw)
		return request;
	request->target_len = strlen(raw);
	if (target_parse(&request->target, raw, &error))
		http_answer_text(request, MHD_HTTP_BAD_REQUEST, "%s", strbuf_str(&error));
	strbuf_free(&error);
	query = strchr((char *)(uintptr_t)raw, '?');
	if (query)
		query[1] = '\0';
	return request;
}

/*
 * Whether the target has a NUL byte.  on_target() sees only the part before it, but the version
 * stands behind the whole target in libmicrohttpd's buffer.
 */
static bool has_nul(const struct http_request *request, const char *url, const char *version)
{
	uintptr_t end = (uintptr_t)url + request->target_len + 1;

	return (uintptr_t)version > end && (uintptr_t)version < end + REQUEST_BYTES_MAX;
}

/* The headers of @request are complete.  May answer it, before its body is read. */
static void begin(struct http_request *request, const char *method)
{
	request->begun = true;
	request->head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
	if (request->answered)
		return;
	check_peer(request);
	if (request->answered)
		return;
	if (!http_has_clear_names(request)) {
		http_answer_text(request, MHD_HTTP_BAD_REQUEST,
				 "the name of a header: expected no space behind it");
		return;
	}
	if (!http_has_clear_end(request)) {
		http_answer_text(request, MHD_HTTP_BAD_REQUEST,
				 "the length of the request's body is not clear");
		return;
	}
	request->route = route_find(served, request, method);
}

static enum MHD_Result send_answer(struct http_request *request)
{
	connection_answers(request->connection);
	return response_send(request);
}

/* Called once for the headers, again after the body, and after each resume. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **ctx)
{
	struct http_request *request = *ctx;

	(void)cls;
	(void)connection;
	(void)upload;
	if (!request || (!request->target.path && !request->answered))
		return MHD_NO; /* out of memory */
	if (request->connection->state == CONNECTION_CLOSING)
		return MHD_NO;
	if (!request->begun) {
		if (!request->answered && has_nul(request, url, version))
			http_answer_text(request, MHD_HTTP_BAD_REQUEST,
					 "the path and query of the request: expected no NUL");
		begin(request, method);
		/* An answer at this time ends the connection, without reading what follows. */
		if (request->answered && http_has_body(request))
			return send_answer(request);
		return MHD_YES;
	}
	if (*upload_size) { /* the body of a GET is ignored */
		*upload_size = 0;
		return MHD_YES;
	}
	if (!request->answered && !request->asked) {
		request->asked = true;
		connection_answers(request->connection);
		request->route->answer(request);
	}
	if (request->answered)
		return send_answer(request);
	http_suspend(request);
	return MHD_YES;
}

static void on_log(void *cls, const char *fmt, va_list args)
{
	struct strbuf line = STRBUF_INIT;

	(void)cls;
	strbuf_vaddf(&line, fmt, args);
	while (line.len && line.s[line.len - 1] == '\n')
		line.s[--line.len] = '\0';
	log_debug("http: %s", strbuf_str(&line));
	strbuf_free(&line);
}

static int start_daemon(struct strbuf *error)
{
	int err;

	/* connection.h has the deadlines, limits.h the limits. */
	server = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_CONNECTION_LIMIT, UINT_MAX, MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		connection_notify, NULL, MHD_OPTION_END);
	if (!server) {
		strbuf_adds(error, "cannot start libmicrohttpd");
		return -EIO;
	}
	server_activity.fd = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	err = loop_add(server_loop, &server_activity, EPOLLIN);
	if (err) {
		MHD_stop_daemon(server);
		server = NULL;
		strbuf_addf(error, "cannot watch the HTTP server: %s", strerror(-err));
		return err;
	}
	loop_add_hook(server_loop, &server_hook);
	return 0;
}

static int listen_on_all(struct strbuf *error)
{
	const struct option_texts *addresses = &options.listen_address;
	int err = 0;

	for (size_t i = 0; !err && i < addresses->count && !has_none(addresses); i++)
		err = listener_open_tcp(&listeners, addresses->items[i], error);
	if (!err && *options.unix_path)
		err = listener_open_unix(&listeners, options.unix_path, error);
	return err;
}

int http_server_start(struct loop *loop, const struct http_route *const *routes,
		      struct strbuf *error)
{
	int err;

	server_loop = loop;
	served = routes;
	err = listen_on_all(error);
	if (err)
		return err;
	acceptor_start(loop);
	err = start_daemon(error);
	for (size_t i = 0; !err && i < listeners.count; i++) {
		err = acceptor_listen(&listeners.list[i], server);
		if (err)
			strbuf_addf(error, "cannot watch a listening socket: %s", strerror(-err));
	}
	return err;
}

void http_server_add_addresses(struct strbuf *out, bool wide)
{
	const char *before = "";

	for (size_t i = 0; i < listeners.count; i++) {
		if (wide && !listener_is_wide(&listeners.list[i]))
			continue;
		strbuf_adds(out, before);
		listener_add_name(&listeners.list[i], out);
		before = ", ";
	}
}

static void stop_daemon(void)
{
	if (!server)
		return;
	/* libmicrohttpd cannot stop while a connection is suspended. */
	for (struct http_request *request = requests; request; request = request->next)
		http_resume(request);
	loop_del_hook(server_loop, &server_hook);
	loop_del(server_loop, &server_activity);
	MHD_stop_daemon(server);
	server = NULL;
}

void http_server_stop(void)
{
	for (size_t i = 0; i < listeners.count; i++)
		listener_remove_file(&listeners.list[i]);
	acceptor_stop();
	stop_daemon();
	for (size_t i = 0; i < listeners.count; i++)
		close(listeners.list[i].fd);
	listeners.count = 0;
}
