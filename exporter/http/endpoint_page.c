// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /: the start page, with a link to every route that has a title. */
#include <ctype.h>
#include <string.h>

#include "answer.h"
#include "routes.h"

#define HTML "text/html; charset=utf-8"

/* Adds a path as part of a URL, where some characters must be escaped (RFC 3986 3.3). */
static void add_url_path(struct strbuf *sb, const char *path)
{
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/-._~!$()*+,;=:@", *path))
			strbuf_addc(sb, *path);
		else
			strbuf_addf(sb, "%%%02X", (unsigned char)*path);
	}
}

/* A link is relative, so that it works behind a proxy that serves this page below another path. */
static void add_link(struct strbuf *sb, const struct http_route *route, const char *query,
		     const char *title)
{
	strbuf_adds(sb, "<a href=\".");
	add_url_path(sb, route_path(route));
	strbuf_addf(sb, "%s\">%s</a>", query, title);
}

/* Adds one list item for a group of routes. */
static void add_group(struct strbuf *sb, const struct http_route *group)
{
	if (!group->title)
		return;
	for (const struct http_route *route = group; route->path; route++) {
		strbuf_adds(sb, route == group ? "<li>" : ", ");
		add_link(sb, route, "", route->title);
		if (route->variant) {
			strbuf_adds(sb, " (");
			add_link(sb, route, route->variant, route->variant_title);
			strbuf_addc(sb, ')');
		}
	}
	strbuf_adds(sb, "</li>\n");
}

static void answer(struct http_request *request)
{
	struct strbuf *body = &request->body;

	http_answer_ok(request, HTML);
	strbuf_adds(body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
			  "<title>faultcast exporter</title></head>\n<body>\n"
			  "<h1>faultcast exporter</h1>\n"
			  "<p>PCIe devices that do DMA they must not do. Version " VERSION
			  ", revision " REVISION ".</p>\n<ul>\n");
	for (const struct http_route *const *group = request->routes; *group; group++)
		add_group(body, *group);
	strbuf_adds(body, "</ul>\n</body>\n</html>\n");
}

static const char *const formats[] = { HTML, NULL };

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the page" },
	{ 0 },
};

const struct http_route endpoint_page[] = {
	{ .path = "/",
	  .answer = answer,
	  .summary = "The start page: the version of the exporter, and links to the other paths.",
	  .formats = formats,
	  .statuses = statuses },
	{ .path = NULL },
};
