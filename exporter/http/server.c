// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../log.h"
#include "../loop.h"
#include "routes.h"

#define LISTEN_BACKLOG 512
#define CONNECTION_LIMIT 2048
#define IDLE_TIMEOUT_S 60
#define STREAM_BLOCK 32768

static struct loop *server_loop;
static struct MHD_Daemon *server;
static struct http_request *requests;
static bool is_wide;

static int hook_timeout(struct loop_hook *hook);
static void hook_run(struct loop_hook *hook);
static void on_activity(struct loop_fd *watch, uint32_t events);

static struct loop_hook hook = { .timeout_ms = hook_timeout, .run = hook_run };
static struct loop_fd activity = { .fd = -1, .ready = on_activity };

static int hook_timeout(struct loop_hook *unused)
{
	MHD_UNSIGNED_LONG_LONG ms;

	(void)unused;
	if (MHD_get_timeout(server, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

/* Its epoll is edge-triggered: it must be run after every wait, whatever woke us. */
static void hook_run(struct loop_hook *unused)
{
	(void)unused;
	MHD_run(server);
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

static struct MHD_Response *make_response(struct http_request *request)
{
	size_t len = request->body.len;
	char *body;
	struct MHD_Response *response;

	if (request->stream)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							 read_stream, request, NULL);
	if (request->body.failed)
		return NULL;
	body = strbuf_detach(&request->body);
	response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(body);
	return response;
}

static enum MHD_Result respond(struct http_request *request)
{
	struct MHD_Response *response = make_response(request);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, request->content_type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
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

static struct http_request *new_request(struct MHD_Connection *connection)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->connection = connection;
	request->waiter.ready = on_snapshot;
	request->next = requests;
	if (requests)
		requests->prev = request;
	requests = request;
	return request;
}

static void free_request(struct http_request *request)
{
	snapshot_cancel(&request->waiter);
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

/* Called once for the headers, again after the body, and after each resume. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **ctx)
{
	struct http_request *request = *ctx;

	(void)cls;
	(void)version;
	(void)upload;
	if (!request) {
		request = new_request(connection);
		if (!request)
			return MHD_NO;
		*ctx = request;
		routes_find(request, method, url);
		/* Refused before its body is read. */
		return request->answered ? respond(request) : MHD_YES;
	}
	if (*upload_size) { /* a GET with a body: nobody reads it */
		*upload_size = 0;
		return MHD_YES;
	}
	if (!request->answered && routes_needs_snapshot(request)) {
		snapshot_request(&request->waiter);
		if (!request->answered) {
			suspend(request);
			return MHD_YES;
		}
	}
	if (!request->answered)
		routes_answer(request, NULL);
	return respond(request);
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

/* Splits "host:port", "[v6]:port" and ":port"; -EINVAL for anything else. */
static int split_address(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1])
		return -EINVAL;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	if (text[0] == '[') {
		if (colon == text + 1 || colon[-1] != ']')
			return -EINVAL;
		colon[-1] = '\0';
		*host = text + 1;
	} else if (strchr(text, ':')) {
		return -EINVAL;
	}
	return 0;
}

static int resolve(const char *listen_address, struct addrinfo **info, struct strbuf *error)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	char *text = strdup(listen_address), *host, *port;
	int err = text ? split_address(text, &host, &port) : -ENOMEM;

	if (err) {
		strbuf_addf(error, "listen address \"%s\": expected host:port, [v6]:port or :port",
			    listen_address);
	} else {
		int gai = strtoul(port, NULL, 10) > 65535
				  ? EAI_SERVICE
				  : getaddrinfo(*host ? host : NULL, port, &hints, info);

		if (gai) {
			strbuf_addf(error, "listen address \"%s\": %s", listen_address,
				    gai == EAI_SERVICE ? "the port is not one of 0 to 65535"
						       : gai_strerror(gai));
			err = -EINVAL;
		}
	}
	free(text);
	return err;
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

static int open_listener(const char *listen_address, int *fd, struct strbuf *error)
{
	const int on = 1;
	struct addrinfo *info = NULL;
	int err = resolve(listen_address, &info, error);

	if (err)
		return err;
	is_wide = !is_loopback(info->ai_addr);
	*fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0)
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (*fd < 0 || bind(*fd, info->ai_addr, info->ai_addrlen) || listen(*fd, LISTEN_BACKLOG)) {
		err = -errno;
		strbuf_addf(error, "cannot listen on %s: %s", listen_address, strerror(errno));
		if (*fd >= 0)
			close(*fd);
	}
	freeaddrinfo(info);
	return err;
}

int http_server_start(struct loop *loop, const char *listen_address, const char *metrics_path,
		      struct strbuf *error)
{
	const union MHD_DaemonInfo *info;
	int err, fd = -1;

	err = open_listener(listen_address, &fd, error);
	if (err)
		return err;
	server_loop = loop;
	routes_init(metrics_path);
	server = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
				  NULL, NULL, on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_log,
				  NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				  (unsigned int)CONNECTION_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT,
				  (unsigned int)IDLE_TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED,
				  on_completed, NULL, MHD_OPTION_END);
	if (!server) {
		close(fd);
		strbuf_adds(error, "libmicrohttpd does not start");
		return -EIO;
	}
	info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
	activity.fd = info->epoll_fd;
	err = loop_add(loop, &activity, EPOLLIN);
	if (err) {
		MHD_stop_daemon(server);
		server = NULL;
		strbuf_addf(error, "cannot watch the HTTP server: %s", strerror(-err));
		return err;
	}
	loop_add_hook(loop, &hook);
	return 0;
}

bool http_server_is_wide(void)
{
	return is_wide;
}

void http_server_stop(void)
{
	if (!server)
		return;
	/* libmicrohttpd does not stop while a connection is suspended. */
	for (struct http_request *request = requests; request; request = request->next)
		http_resume(request);
	loop_del_hook(server_loop, &hook);
	loop_del(server_loop, &activity);
	MHD_stop_daemon(server);
	server = NULL;
}
