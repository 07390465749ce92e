/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is answered where: one table. */
#ifndef FAULTCAST_HTTP_ROUTES_H
#define FAULTCAST_HTTP_ROUTES_H

#include "server.h"

/* @metrics_path must outlive the server. */
void routes_init(const char *metrics_path);

/* Finds the route of @request, or answers 404 or 405. */
void routes_find(struct http_request *request, const char *method, const char *path);

/* Whether routes_answer() wants the kernel's counters. */
bool routes_needs_snapshot(const struct http_request *request);

/* Fills in the answer; @snapshot is NULL where it is not needed. */
void routes_answer(struct http_request *request, const struct snapshot *snapshot);

#endif
