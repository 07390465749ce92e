// SPDX-License-Identifier: GPL-2.0-or-later
#include "response.h"

#include <errno.h>
#include <stdlib.h>

#define READ_BLOCK 32768

static ssize_t on_read(void *ctx, uint64_t pos, char *buf, size_t max)
{
	struct http_request *request = ctx;
	ssize_t n;

	(void)pos;
	if (request->connection->state == CONNECTION_CLOSING)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (!connection_work(request->connection, request->read, buf, max, &n)) {
		http_suspend(request);
		return 0;
	}
	if (n == -ENODATA)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	/* If a connection is not suspended, libmicrohttpd asks again at once, without end. */
	if (!n) {
		http_suspend(request);
		connection_waits(request->connection);
	} else {
		connection_answers(request->connection);
	}
	return n;
}

static struct MHD_Response *response_from_buffer(struct http_request *request)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		request->buffer->len, request->buffer->s, request->release, request->buffer_owner);

	if (response)
		request->buffer = NULL;
	return response;
}

static struct MHD_Response *response_from_body(struct http_request *request)
{
	size_t len = request->body.len;
	struct MHD_Response *response;
	char *body;

	if (request->body.failed)
		return NULL;
	body = strbuf_detach(&request->body);
	response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(body);
	return response;
}

/*
 * The headers of a stream.  libmicrohttpd 0.9.75 sends the end of a chunked body even in the answer
 * to HEAD, so that this answer is not chunked.
 */
static struct MHD_Response *response_for_head(struct http_request *request)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, READ_BLOCK, on_read, request, NULL);

	if (response)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

static struct MHD_Response *make_response(struct http_request *request)
{
	if (request->read && request->head)
		return response_for_head(request);
	if (request->read)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK, on_read,
							 request, NULL);
	if (request->buffer)
		return response_from_buffer(request);
	return response_from_body(request);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value)
		MHD_add_response_header(response, name, value);
}

enum MHD_Result response_send(struct http_request *request)
{
	struct MHD_Response *response = make_response(request);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, request->content_type);
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add_header(response, MHD_HTTP_HEADER_VARY, request->vary);
	add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, request->content_encoding);
	add_header(response, MHD_HTTP_HEADER_ALLOW, request->allow);
	/* nginx must not hold back what follows (docs/stream.md). */
	add_header(response, "X-Accel-Buffering", request->read ? "no" : NULL);
	result = MHD_queue_response(request->mhd, request->status, response);
	MHD_destroy_response(response);
	return result;
}

void response_discard(struct http_request *request)
{
	if (request->buffer)
		request->release(request->buffer_owner);
	request->buffer = NULL;
	strbuf_free(&request->body);
}
