// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The least that an answer can cost: scrape_static PORT CONTENT-TYPE [ENCODING] sends the
 * bytes of its standard input with libmicrohttpd, in one thread with epoll.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct MHD_Response *response;

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	(void)cls;
	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	(void)upload_size;
	/*
	 * The first call comes before the request's body. An answer at that point closes
	 * the connection.
	 */
	if (!*request) {
		*request = &response;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static struct MHD_Response *read_response(void)
{
	size_t len = 0, size = 65536;
	char *body = malloc(size);
	size_t n;

	while (body && (n = fread(body + len, 1, size - len, stdin)) > 0) {
		len += n;
		if (len == size)
			body = realloc(body, size *= 2);
	}
	return body ? MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE) : NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *daemon;

	if (argc < 3) {
		fprintf(stderr, "usage: scrape_static PORT CONTENT-TYPE [ENCODING] <BODY\n");
		return EXIT_FAILURE;
	}
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	response = read_response();
	if (!response)
		return EXIT_FAILURE;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, argv[2]);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (argc > 3)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, argv[3]);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
				  MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
	if (!daemon)
		return EXIT_FAILURE;
	for (;;)
		pause();
}
