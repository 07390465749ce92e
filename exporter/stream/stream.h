/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of events: any number of clients, each at its own place in the
 * window.  One that falls behind it is told what it missed.  Knows nothing of HTTP.
 */
#ifndef FAULTCAST_STREAM_STREAM_H
#define FAULTCAST_STREAM_STREAM_H

#include <sys/types.h>

#include "bus/feature.h"
#include "request.h"

extern const struct feature feature_stream;

struct stream_client;

/* @wake is called when a read that gave nothing would give something now. */
struct stream_client *stream_open(const struct stream_request *request, void (*wake)(void *ctx),
				  void *ctx);
void stream_close(struct stream_client *client);

/*
 * Copies up to @max encoded bytes.  0: nothing now, wake() will be called;
 * -ENODATA: the end; -ENOMEM.
 */
ssize_t stream_read(struct stream_client *client, char *out, size_t max);

/* How many clients there are, and events that clients were told they missed. */
uint64_t stream_clients(void);
uint64_t stream_missed(void);

#endif
