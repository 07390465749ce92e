// SPDX-License-Identifier: GPL-2.0-or-later
#include "route.h"

#include <string.h>

#include "answer.h"
#include "request.h"

const char *route_path(const struct http_route *route)
{
	return route->configured_path ? *route->configured_path : route->path;
}

static const struct http_route *find(const struct http_route *const *routes, const char *path)
{
	for (; *routes; routes++)
		for (const struct http_route *route = *routes; route->path; route++)
			if (!strcmp(path, route_path(route)))
				return route;
	return NULL;
}

static void answer_not_found(const struct http_route *const *routes, struct http_request *request,
			     const char *path)
{
	http_answer_text(request, MHD_HTTP_NOT_FOUND, "no such path: %s", path);
	strbuf_adds(&request->body, "available paths:");
	for (; *routes; routes++)
		for (const struct http_route *route = *routes; route->path; route++)
			strbuf_addf(&request->body, " %s", route_path(route));
	strbuf_addc(&request->body, '\n');
}

const struct http_route *route_find(const struct http_route *const *routes,
				    struct http_request *request, const char *method)
{
	const char *path = request->target.path;
	const struct http_route *route = find(routes, path);

	if (!route) {
		answer_not_found(routes, request, path);
		return NULL;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		request->allow = "GET, HEAD";
		http_answer_text(request, MHD_HTTP_METHOD_NOT_ALLOWED,
				 "method %s: expected GET or HEAD", method);
		return NULL;
	}
	return route;
}
