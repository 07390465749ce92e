/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of events for any number of clients.  Each client reads at its own position in the
 * window.  A client that falls behind the window gets a gap that states what it has missed.
 */
#ifndef FAULTCAST_STREAM_STREAM_H
#define FAULTCAST_STREAM_STREAM_H

#include <sys/types.h>

#include "bus/feature.h"
#include "request.h"

struct stream_client;

/*
 * Opens a client that reads what @request asks for.  After stream_read() has returned 0, @wake is
 * called with @ctx as soon as there is something to read.  Returns NULL when out of memory.
 */
struct stream_client *stream_open(const struct stream_request *request, void (*wake)(void *ctx),
				  void *ctx);

/* Closes the client and frees it. */
void stream_close(struct stream_client *client);

/*
 * Copies up to @max encoded bytes to @out and returns how many.  0: there is nothing now, and
 * wake() will be called; -ENODATA: the stream has ended; -ENOMEM: out of memory.
 */
ssize_t stream_read(struct stream_client *client, char *out, size_t max);

/* Lets a client that follows end after the entries that are there now. */
void stream_finish(struct stream_client *client);

/* The number of open clients. */
uint64_t stream_clients(void);

/* The number of events that clients have missed because they were too slow. */
uint64_t stream_missed(void);

#endif
