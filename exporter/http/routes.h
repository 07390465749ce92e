/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is answered where: one table. */
#ifndef FAULTCAST_HTTP_ROUTES_H
#define FAULTCAST_HTTP_ROUTES_H

#include "server.h"

/* @metrics_path must outlive the server; @max_scrapes 0: any number at the same time. */
void routes_init(const char *metrics_path, uint64_t max_scrapes);

/* From now on we are not ready. */
void routes_stopping(void);

/* Finds the route of @request, or answers 404 or 405. */
void routes_find(struct http_request *request, const char *method, const char *target);

enum route_need {
	NEEDS_NOTHING,	/* routes_answer() without a snapshot */
	NEEDS_SNAPSHOT, /* routes_answer() with one */
	NEEDS_SCRAPE,	/* routes_answer_scrape() */
};

enum route_need routes_need(const struct http_request *request);

/* Fills in the answer; @snapshot is NULL where it is not needed. */
void routes_answer(struct http_request *request, const struct snapshot *snapshot);

/* Likewise, from the page that it has been given, or @err. */
void routes_answer_scrape(struct http_request *request, int err);

/* The request is over, answered or not. */
void routes_end(const struct http_request *request);

#endif
