/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reader of the stream: its position, and the next bytes for it.  A reader takes entries from
 * the window, and from the store if the window no longer has them.  Entries that are missing
 * between its position and its next entry are stated as a gap.
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
	/* Called when the store has answered, so that a read that returned 0 can go on. */
	void (*ready)(struct reader *reader);

	bool located;	    /* the members below are set */
	uint64_t next;	    /* number of the entry of the window to send */
	uint64_t stop;	    /* number at which a reader that does not follow ends */
	uint64_t events;    /* number of events sent */
	struct cursor last; /* cursor of the last entry sent or passed over */
	bool slow;	    /* the window has moved past the reader, who now reads the store */
	bool unknown;	    /* a gap for an unknown cursor must be sent before the next entry */
	uint64_t told_ns;   /* when bytes were last returned */
	struct backlog backlog;
	struct strbuf rest; /* bytes that did not fit into the last read */
	size_t rest_sent;
};

/* Reads as stream_read() does (stream.h). */
ssize_t reader_read(struct reader *reader, char *out, size_t max);

/* Lets a reader that follows end after the entries that the window has now. */
void reader_finish(struct reader *reader);

/* Frees the memory that the reader owns, but not @reader itself. */
void reader_close(struct reader *reader);

/* The number of entries in the window that the reader has not read yet. */
uint64_t reader_lag(const struct reader *reader);

/* The number of events sent to all readers. */
uint64_t reader_sent(void);

/* The number of events that readers have missed because they were too slow. */
uint64_t reader_missed(void);

#endif
