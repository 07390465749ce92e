// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <string.h>
#include <strings.h>

#include "accept.h"
#include "parameter.h"

const char *http_header(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

struct header_list {
	const char *name;
	struct strbuf values;
};

static enum MHD_Result add_value(void *ctx, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct header_list *list = ctx;

	(void)kind;
	if (value && !strcasecmp(name, list->name))
		strbuf_addf(&list->values, "%s%s", list->values.len ? ", " : "", value);
	return MHD_YES;
}

struct strbuf http_header_list(const struct http_request *request, const char *name)
{
	struct header_list list = { name, STRBUF_INIT };

	MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, add_value, &list);
	return list.values;
}

int http_read_parameters(const struct http_request *request, void *into, uint64_t now_real_ns,
			 struct strbuf *error)
{
	return parameters_read(request->route->parameters, into, &request->target, now_real_ns,
			       error);
}

bool http_has_body(const struct http_request *request)
{
	const char *length = http_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       http_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result check_name(void *ctx, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	bool *clear = ctx;

	(void)kind;
	(void)value;
	*clear &= !name[strcspn(name, " \t")];
	return MHD_YES;
}

bool http_has_clear_names(const struct http_request *request)
{
	bool clear = true;

	MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, check_name, &clear);
	return clear;
}

bool http_has_clear_end(const struct http_request *request)
{
	struct strbuf length = http_header_list(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct strbuf coding = http_header_list(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
	bool clear = !length.failed && !coding.failed;

	if (coding.len)
		clear &= !length.len && !strcasecmp(strbuf_str(&coding), "chunked");
	else
		clear &= !strchr(strbuf_str(&length), ',');
	strbuf_free(&length);
	strbuf_free(&coding);
	return clear;
}

bool http_accepts_gzip(const struct http_request *request)
{
	struct strbuf accept = http_header_list(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	bool gzip = accept_gzip(strbuf_str(&accept));

	strbuf_free(&accept);
	return gzip;
}

void http_suspend(struct http_request *request)
{
	request->suspended = true;
	MHD_suspend_connection(request->mhd);
}

void http_resume(struct http_request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->mhd);
}
