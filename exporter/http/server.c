// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "listener.h"
#include "routes.h"

#define CONNECTION_LIMIT 2048
#define IDLE_TIMEOUT_S 60
#define STREAM_BLOCK 32768
#define PAGE_SEND_BUFFER 131072 /* the kernel doubles it, for its own needs, socket(7) */

/* One daemon of libmicrohttpd's for each socket that is listened on. */
struct server {
	struct MHD_Daemon *daemon;
	struct loop_hook hook;
	struct loop_fd activity;
	const char *unix_path; /* NULL: TCP */
};

static struct loop *server_loop;
static struct server tcp_server, unix_server;
static struct http_request *requests;
static bool is_wide;

static struct server *server_of(struct loop_hook *hook)
{
	return (void *)((char *)hook - offsetof(struct server, hook));
}

static int hook_timeout(struct loop_hook *hook)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(server_of(hook)->daemon, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

/* Its epoll is edge-triggered: it must be run after every wait, whatever woke us. */
static void hook_run(struct loop_hook *hook)
{
	MHD_run(server_of(hook)->daemon);
}

static void on_activity(struct loop_fd *watch, uint32_t events)
{
	(void)watch;
	(void)events; /* hook_run() does it */
}

void http_answer_text(struct http_request *request, unsigned int status, const char *fmt, ...)
{
	va_list args;

	request->status = status;
	request->content_type = "text/plain; charset=utf-8";
	request->answered = true;
	va_start(args, fmt);
	strbuf_vaddf(&request->body, fmt, args);
	va_end(args);
	strbuf_addc(&request->body, '\n');
}

void http_resume(void *ctx)
{
	struct http_request *request = ctx;

	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

static void suspend(struct http_request *request)
{
	request->suspended = true;
	MHD_suspend_connection(request->connection);
}

static ssize_t read_stream(void *ctx, uint64_t pos, char *buf, size_t max)
{
	struct http_request *request = ctx;
	ssize_t n = stream_read(request->stream, buf, max);

	(void)pos;
	if (n == -ENODATA)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	/* Returning 0 without suspending would be asked again at once, for ever. */
	if (!n)
		suspend(request);
	return n;
}

static void put_page(void *page)
{
	scrape_page_put(page);
}

static struct MHD_Response *make_response(struct http_request *request)
{
	size_t len = request->body.len;
	char *body;
	struct MHD_Response *response;

	if (request->stream)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							 read_stream, request, NULL);
	if (request->page) {
		const struct gzip_text *text = &request->page->text;
		const struct strbuf *sent = request->scrape.gzip ? &text->packed : &text->plain;

		response = MHD_create_response_from_buffer_with_free_callback_cls(
			sent->len, sent->s, put_page, request->page);
		if (response)
			request->page->users++;
		return response;
	}
	if (request->body.failed)
		return NULL;
	body = strbuf_detach(&request->body);
	response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(body);
	return response;
}

/*
 * A page goes out in parts, each when the client has read the one before: to copy
 * megabytes to several clients in one turn of the loop would let events wait.
 */
static void bound_send_buffer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const int bytes = PAGE_SEND_BUFFER;

	setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static enum MHD_Result respond(struct http_request *request)
{
	struct MHD_Response *response = make_response(request);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, request->content_type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (request->page) {
		bound_send_buffer(request->connection);
		MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	}
	if (request->page && request->scrape.gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	if (request->allow)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, request->allow);
	result = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response);
	return result;
}

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *snapshot)
{
	struct http_request *request = (void *)((char *)waiter -
						offsetof(struct http_request, waiter));

	routes_answer(request, snapshot);
	http_resume(request);
}

static void on_page(struct scrape_waiter *waiter, struct scrape_page *page, int err)
{
	struct http_request *request = (void *)((char *)waiter -
						offsetof(struct http_request, scrape));

	request->page = page;
	routes_answer_scrape(request, err);
	http_resume(request);
}

static struct http_request *new_request(struct MHD_Connection *connection)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->connection = connection;
	request->waiter.ready = on_snapshot;
	request->scrape.ready = on_page;
	request->next = requests;
	if (requests)
		requests->prev = request;
	requests = request;
	return request;
}

static void free_request(struct http_request *request)
{
	routes_end(request);
	snapshot_cancel(&request->waiter);
	scrape_cancel(&request->scrape);
	if (request->page)
		scrape_page_put(request->page);
	if (request->stream)
		stream_close(request->stream);
	if (request->prev)
		request->prev->next = request->next;
	else
		requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	strbuf_free(&request->body);
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

/* Answers 403 to who comes by the unix socket and may not. */
static void check_peer(const struct server *server, struct http_request *request)
{
	const union MHD_ConnectionInfo *info;
	struct strbuf error = STRBUF_INIT;

	if (!server->unix_path)
		return;
	info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (listener_check_peer(info->connect_fd, server->unix_path, &error))
		http_answer_text(request, MHD_HTTP_FORBIDDEN, "%s", strbuf_str(&error));
	strbuf_free(&error);
}

/* It is answered at once, or will be. */
static void ask(struct http_request *request)
{
	switch (routes_need(request)) {
	case NEEDS_NOTHING:
		routes_answer(request, NULL);
		break;
	case NEEDS_SNAPSHOT:
		snapshot_request(&request->waiter);
		break;
	case NEEDS_SCRAPE:
		scrape_request(&request->scrape);
		break;
	}
}

/* Called once for the headers, again after the body, and after each resume. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **ctx)
{
	struct http_request *request = *ctx;

	(void)version;
	(void)upload;
	if (!request) {
		request = new_request(connection);
		if (!request)
			return MHD_NO;
		*ctx = request;
		check_peer(cls, request);
		if (!request->answered)
			routes_find(request, method, url);
		/* Refused before its body is read. */
		return request->answered ? respond(request) : MHD_YES;
	}
	if (*upload_size) { /* a GET with a body: nobody reads it */
		*upload_size = 0;
		return MHD_YES;
	}
	if (!request->answered)
		ask(request);
	if (request->answered)
		return respond(request);
	suspend(request);
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

/* Takes @fd. */
static int start(struct server *server, int fd, struct strbuf *error)
{
	const union MHD_DaemonInfo *info;
	int err;

	server->hook = (struct loop_hook){ .timeout_ms = hook_timeout, .run = hook_run };
	server->activity.ready = on_activity;
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTION_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_END);
	if (!server->daemon) {
		close(fd);
		strbuf_adds(error, "libmicrohttpd does not start");
		return -EIO;
	}
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->activity.fd = info->epoll_fd;
	err = loop_add(server_loop, &server->activity, EPOLLIN);
	if (err) {
		MHD_stop_daemon(server->daemon);
		server->daemon = NULL;
		strbuf_addf(error, "cannot watch the HTTP server: %s", strerror(-err));
		return err;
	}
	loop_add_hook(server_loop, &server->hook);
	return 0;
}

int http_server_start(struct loop *loop, const struct http_options *options, struct strbuf *error)
{
	int err, fd = -1;

	server_loop = loop;
	routes_init(options->metrics_path, options->max_requests);
	err = listener_open_tcp(options->listen_address, &fd, &is_wide, error);
	if (!err)
		err = start(&tcp_server, fd, error);
	if (err || !*options->unix_path)
		return err;
	err = listener_open_unix(options->unix_path, &fd, error);
	if (err)
		return err;
	unix_server.unix_path = options->unix_path;
	return start(&unix_server, fd, error);
}

bool http_server_is_wide(void)
{
	return is_wide;
}

static void stop(struct server *server)
{
	if (server->unix_path)
		unlink(server->unix_path);
	if (!server->daemon)
		return;
	loop_del_hook(server_loop, &server->hook);
	loop_del(server_loop, &server->activity);
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}

void http_server_stop(void)
{
	/* libmicrohttpd does not stop while a connection is suspended. */
	for (struct http_request *request = requests; request; request = request->next)
		http_resume(request);
	stop(&tcp_server);
	stop(&unix_server);
}
