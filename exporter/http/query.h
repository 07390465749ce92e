/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what a client of /v1/events asks for, from the query of the URL and from the header
 * Last-Event-ID.  Pure.  Each function returns 0, or -EINVAL with one line in @error that names the
 * parameter, its value and what was expected.
 */
#ifndef FAULTCAST_HTTP_QUERY_H
#define FAULTCAST_HTTP_QUERY_H

#include "base/strbuf.h"
#include "parameter.h"
#include "stream/request.h"

/* The parameters; they read into a struct stream_request, which is all zero at first. */
extern const struct http_parameter query_parameters[];

/*
 * Reads the header Last-Event-ID; NULL or "": there is none.  A browser's EventSource sends it when
 * it reconnects to the URL that it began with.  The header takes precedence over after=, so the
 * caller reads it after the parameters.
 */
int query_last_event_id(struct stream_request *request, const char *value, struct strbuf *error);

/* Checks that the parameters are consistent with each other. */
int query_finish(const struct stream_request *request, struct strbuf *error);

#endif
