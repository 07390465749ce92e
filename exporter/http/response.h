/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handing the answer of a request over to libmicrohttpd. */
#ifndef FAULTCAST_HTTP_RESPONSE_H
#define FAULTCAST_HTTP_RESPONSE_H

#include "request.h"

/*
 * Queues the answer of @request, which takes its body.  Returns MHD_NO, which closes the
 * connection, when out of memory.
 */
enum MHD_Result response_send(struct http_request *request);

/* Frees what response_send() has not taken. */
void response_discard(struct http_request *request);

#endif
