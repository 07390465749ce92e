/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A route is a path and the functions that answer it.  The start page, the answer 404 and
 * docs/http-api.md are made from the rows.
 *
 * A file endpoint_*.c exports its rows as an array that ends with a row without path.  Such an
 * array is a group: the start page has one list item for it.  A table is a list of groups that
 * ends with NULL.  routes.h has the exporter's table.
 */
#ifndef FAULTCAST_HTTP_ROUTE_H
#define FAULTCAST_HTTP_ROUTE_H

struct http_parameter;
struct http_request;

/* A status code and when an endpoint answers with it.  A list ends with code 0. */
struct http_status {
	unsigned int code;
	const char *when;
};

struct http_route {
	const char *path;
	/* Where a setting that replaces @path is stored; NULL: there is no such setting. */
	const char *const *configured_path;

	/*
	 * Called once, when the request is complete.  Answers the request (answer.h), or stores it,
	 * answers it later and then calls http_resume().  The connection is suspended meanwhile.
	 */
	void (*answer)(struct http_request *request);

	/* Text of the link on the start page; NULL: no link. */
	const char *title;
	/* A second link behind the first one: the query for it, and its text.  Optional. */
	const char *variant;
	const char *variant_title;

	/* For docs/http-api.md: one sentence or more. */
	const char *summary;
	/* The content types of a good answer, ended by NULL.  A client without Accept gets the
	 * first. */
	const char *const *formats;
	/*
	 * The parameters of the query, which the endpoint reads; NULL: the query is ignored, as
	 * far as target.h accepts it.
	 */
	const struct http_parameter *parameters;
	/* All status codes, except those of every path: 400, 403, 404 and 405. */
	const struct http_status *statuses;
};

/* The path of @route as it is configured. */
const char *route_path(const struct http_route *route);

/*
 * Returns the route in table @routes for the path of @request.  If there is no such route, answers
 * @request with 404 and returns NULL.  If the method is neither GET nor HEAD, answers with 405 and
 * returns NULL.
 */
const struct http_route *route_find(const struct http_route *const *routes,
				    struct http_request *request, const char *method);

#endif
