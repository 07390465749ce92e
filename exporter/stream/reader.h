/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reader of the stream: where it stands, and what it is to be sent next.  It reads
 * the window, and the store for what the window has no more.  Whatever lies
 * between where it stands and the next entry is stated as a gap.
 */
#ifndef FAULTCAST_STREAM_READER_H
#define FAULTCAST_STREAM_READER_H

#include <sys/types.h>

#include "backlog.h"
#include "base/strbuf.h"
#include "model/cursor.h"
#include "request.h"

struct reader {
	/* Set by the caller; the rest is 0. */
	struct stream_request request;
	bool heartbeat_due;
	void (*ready)(struct reader *reader); /* after a read that gave 0: the store has answered */

	bool located;
	uint64_t next;	    /* entry of the window to send */
	uint64_t stop;	    /* where one that does not follow ends */
	uint64_t events;    /* sent to it */
	struct cursor last; /* where it stands */
	bool unknown;	    /* nobody knows its cursor, to be said before the oldest entry */
	struct backlog backlog;
	struct strbuf rest; /* what did not fit into the last read */
	size_t rest_sent;
};

/* Copies up to @max encoded bytes.  0: nothing now; -ENODATA: the end; -ENOMEM. */
ssize_t reader_read(struct reader *reader, char *out, size_t max);
void reader_close(struct reader *reader);

/* Entries of the window that it has not been sent. */
uint64_t reader_lag(const struct reader *reader);

/* Of all readers: events sent, and events they were told they were too slow for. */
uint64_t reader_sent(void);
uint64_t reader_missed(void);

#endif
