/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that need the kernel's counters, which the exporter has to ask the module for first. */
#ifndef FAULTCAST_HTTP_COUNTERS_H
#define FAULTCAST_HTTP_COUNTERS_H

#include "bus/snapshot.h"
#include "request.h"

/*
 * Reads the kernel's counters and calls @answer with them; it must answer the request before it
 * returns.  Answers 503 if the counters cannot be read.  Uses the state of @request.
 */
void counters_then(struct http_request *request,
		   void (*answer)(struct http_request *request, const struct snapshot *snapshot));

/* Answers 503 because the counters cannot be read; @err is the reason, -errno. */
void counters_answer_error(struct http_request *request, int err);

#endif
