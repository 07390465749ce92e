/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the stream reading the store, until it has caught up with the window. */
#ifndef FAULTCAST_STREAM_BACKLOG_H
#define FAULTCAST_STREAM_BACKLOG_H

#include <stddef.h>

#include "model/cursor.h"
#include "store/store.h"

struct backlog {
	struct store_read read;
	struct entry *entries; /* NULL: not reading the store */
	size_t next;
	bool asked; /* read is the store's */
	void (*ready)(void *ctx);
	void *ctx;
};

enum backlog_state {
	BACKLOG_ENTRY,	 /* here is one */
	BACKLOG_WAIT,	 /* ready() will be called */
	BACKLOG_END,	 /* the window has what follows */
	BACKLOG_UNKNOWN, /* the store knows nothing of the instance of the cursor */
	BACKLOG_ERROR,	 /* the store cannot be read now */
};

/*
 * Begins behind @after, of no instance: with the oldest row.  @ready is called when
 * there is more to take.  -ENOMEM.
 */
int backlog_begin(struct backlog *backlog, const struct cursor *after,
		  const struct event_filter *filter, void (*ready)(void *ctx), void *ctx);
void backlog_end(struct backlog *backlog);
bool backlog_is_open(const struct backlog *backlog);

/* *@entry is valid until the next call; with BACKLOG_END, *@at is where the reading ended. */
enum backlog_state backlog_take(struct backlog *backlog, const struct entry **entry,
				struct cursor *at);

/* After BACKLOG_END: reads on from there.  False if the last read had brought nothing. */
bool backlog_again(struct backlog *backlog);

#endif
