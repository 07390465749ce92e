/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client of /v1/events says it wants, in its URL and in Last-Event-ID.
 * Pure.  Each function returns 0, or -EINVAL with one line in @error that names
 * the parameter, its value and what was expected.
 */
#ifndef FAULTCAST_HTTP_QUERY_H
#define FAULTCAST_HTTP_QUERY_H

#include "base/strbuf.h"
#include "stream/request.h"

/* One parameter of the URL, decoded.  @now_real_ns is what "15m ago" counts from. */
int query_argument(struct stream_request *request, const char *key, const char *value,
		   uint64_t now_real_ns, struct strbuf *error);

/*
 * The header of a browser's EventSource that comes back to the URL it began
 * with: wins over after=, so it goes behind the arguments.  NULL or "": none.
 */
int query_last_event_id(struct stream_request *request, const char *value, struct strbuf *error);

/* Whether all that was said goes together. */
int query_finish(const struct stream_request *request, struct strbuf *error);

#endif
