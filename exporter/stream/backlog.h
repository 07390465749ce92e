/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the store for a client of the stream, until it has caught up with the window. */
#ifndef FAULTCAST_STREAM_BACKLOG_H
#define FAULTCAST_STREAM_BACKLOG_H

#include <stddef.h>

#include "model/cursor.h"
#include "store/store.h"

struct backlog {
	struct store_read read;
	struct entry *entries; /* the last answer; NULL: the backlog is closed */
	size_t next;	       /* index of the entry to take */
	bool asked;	       /* the store has not answered yet; it owns @read */
	void (*ready)(void *ctx);
	void *ctx;
};

enum backlog_state {
	BACKLOG_ENTRY,	 /* *@entry is the next entry */
	BACKLOG_WAIT,	 /* the store has not answered yet; ready() will be called */
	BACKLOG_END,	 /* the store has no more entries; the next ones are in the window */
	BACKLOG_UNKNOWN, /* the store does not know the instance of the cursor */
	BACKLOG_ERROR,	 /* the store cannot be read now */
};

/*
 * Begins to read after the cursor @after, or with the oldest row if it has no instance.  @ready is
 * called with @ctx when the store has answered.  @filter must outlive the backlog.  Returns 0 or
 * -ENOMEM.
 */
int backlog_begin(struct backlog *backlog, const struct cursor *after,
		  const struct event_filter *filter, void (*ready)(void *ctx), void *ctx);

/* Stops reading and frees the memory.  May be called for a closed backlog. */
void backlog_end(struct backlog *backlog);

/* True between backlog_begin() and backlog_end(). */
bool backlog_is_open(const struct backlog *backlog);

/*
 * Takes the next entry.  *@entry is valid until the next call.  At the end of an answer, *@at
 * becomes the cursor up to which the store was read.
 */
enum backlog_state backlog_take(struct backlog *backlog, const struct entry **entry,
				struct cursor *at);

/*
 * If nothing was taken yet of an answer that begins with the oldest row of the store, returns the
 * cursor before that row, else NULL.
 */
const struct cursor *backlog_oldest(const struct backlog *backlog);

/*
 * After BACKLOG_END: continues to read the store.  Returns false if the last read made no progress.
 */
bool backlog_again(struct backlog *backlog);

#endif
