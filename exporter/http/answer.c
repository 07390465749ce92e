// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include "accept.h"
#include "base/clock.h"
#include "base/json.h"

enum { AS_JSON, AS_PROTOBUF };

const char *const http_json_or_protobuf[] = {
	[AS_JSON] = HTTP_JSON,
	[AS_PROTOBUF] = HTTP_PROTOBUF,
	NULL,
};

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

void http_answer_ok(struct http_request *request, const char *content_type)
{
	request->status = MHD_HTTP_OK;
	request->content_type = content_type;
	request->answered = true;
}

void http_answer_buffer(struct http_request *request, const char *content_type,
			const struct strbuf *buffer, void (*release)(void *owner), void *owner)
{
	http_answer_ok(request, content_type);
	request->buffer = buffer;
	request->release = release;
	request->buffer_owner = owner;
}

void http_answer_reader(struct http_request *request, const char *content_type,
			ssize_t (*read)(struct http_request *request, char *buf, size_t max))
{
	http_answer_ok(request, content_type);
	request->read = read;
}

static void answer_not_acceptable(struct http_request *request, const char *accept)
{
	const char *const *formats = request->route->formats;
	struct strbuf offers = STRBUF_INIT;

	for (int i = 0; formats[i]; i++)
		strbuf_addf(&offers, "%s%s", i ? " or " : "", formats[i]);
	http_answer_text(request, MHD_HTTP_NOT_ACCEPTABLE, "Accept \"%s\": expected %s", accept,
			 strbuf_str(&offers));
	strbuf_free(&offers);
}

int http_choose(struct http_request *request)
{
	struct strbuf accept = http_header_list(request, MHD_HTTP_HEADER_ACCEPT);
	int chosen = accept_choose(strbuf_str(&accept), request->route->formats);

	if (chosen < 0)
		answer_not_acceptable(request, strbuf_str(&accept));
	strbuf_free(&accept);
	return chosen;
}

bool http_read_query(struct http_request *request, void *into)
{
	struct strbuf error = STRBUF_INIT;
	int err = http_read_parameters(request, into, clock_real_ns(), &error);

	if (err)
		http_answer_text(request, MHD_HTTP_BAD_REQUEST, "%s", strbuf_str(&error));
	strbuf_free(&error);
	return !err;
}

void http_add_message(struct strbuf *body, const ProtobufCMessage *msg, int format)
{
	size_t len = protobuf_c_message_get_packed_size(msg);

	if (format == AS_JSON) {
		json_add_message(body, msg);
		strbuf_addc(body, '\n');
	} else if (strbuf_reserve(body, len)) {
		body->len += protobuf_c_message_pack(msg, (uint8_t *)body->s + body->len);
	}
}
