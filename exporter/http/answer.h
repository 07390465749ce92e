/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to answer a request.  Each of these functions sets the status, the content type and the
 * body; the server sends the answer when the endpoint's function returns, or after http_resume().
 * A body for which there was no memory closes the connection.
 */
#ifndef FAULTCAST_HTTP_ANSWER_H
#define FAULTCAST_HTTP_ANSWER_H

#include <protobuf-c/protobuf-c.h>

#include "request.h"

/* Media types that several endpoints have. */
#define HTTP_PROTOBUF "application/x-protobuf"
#define HTTP_NDJSON "application/x-ndjson"
#define HTTP_SSE "text/event-stream"
#define HTTP_JSON "application/json"

/* The formats of http_add_message(). */
extern const char *const http_json_or_protobuf[];

/* Answers with one line of text; the format is printf's. */
void http_answer_text(struct http_request *request, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Answers 200.  The caller adds the text to @request->body.  @content_type must be static. */
void http_answer_ok(struct http_request *request, const char *content_type);

/*
 * Answers 200 with the bytes of @buffer, which other requests may share.  When they are sent, or
 * will not be sent, @release is called with @owner.
 */
void http_answer_buffer(struct http_request *request, const char *content_type,
			const struct strbuf *buffer, void (*release)(void *owner), void *owner);

/*
 * Answers 200 with what @read gives until it ends.  @read copies up to @max bytes to @buf and
 * returns how many; 0: there is nothing now, and the endpoint calls http_resume() when there is;
 * -ENODATA: the end; another -errno: an error, which closes the connection.
 */
void http_answer_reader(struct http_request *request, const char *content_type,
			ssize_t (*read)(struct http_request *request, char *buf, size_t max));

/*
 * Chooses one of the route's formats by the header Accept.  Returns its index, or -1 after
 * answering 406.
 */
int http_choose(struct http_request *request);

/*
 * Reads the query with the parameters of the route into the struct at @into.  Returns false after
 * answering 400.
 */
bool http_read_query(struct http_request *request, void *into);

/* Adds @msg as @format, an index of http_json_or_protobuf. */
void http_add_message(struct strbuf *body, const ProtobufCMessage *msg, int format);

#endif
