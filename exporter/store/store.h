/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store keeps events on disk.  As an output, it reads new entries from the window and hands
 * them to the worker (worker.h), on whose thread all file I/O happens.  All functions must be
 * called on the loop's thread, and none of them blocks.
 */
#ifndef FAULTCAST_STORE_STORE_H
#define FAULTCAST_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/feature.h"
#include "model/cursor.h"
#include "model/entry.h"
#include "model/filter.h"
#include "worker.h"

/*
 * The settings, whose values are a struct store_config.  bus_init() starts a store if there is a
 * path.
 */
extern const struct setting_group store_settings;

/* Whether there is a store that is open or about to be opened, in which case reads wait for that.
 */
bool store_is_readable(void);

/* Fills @status.  Returns false if there is no store. */
bool store_get_status(struct store_status *status);

/* The least room for the entries of a read: one row and the gaps before it. */
#define STORE_READ_MIN (ENTRY_MISSING_MAX + 1)

/*
 * A read.  It is in the caller's memory, which must stay valid until done() is called or
 * store_cancel() returns.
 */
struct store_read {
	/* Set by the caller. */
	struct cursor after; /* read what follows; instance 0: begin with the oldest row */
	/* Only matching events are read, and all gaps.  Must stay valid, like the read. */
	const struct event_filter *filter;
	struct entry *entries; /* room for @max entries */
	size_t max;	       /* at least STORE_READ_MIN; more than STORE_READ_MAX is no use */
	void (*done)(struct store_read *read); /* may call store_read() */

	/*
	 * The answer: @num entries in the order of the stream.  A gap stands where rows are missing
	 * or damaged.
	 */
	size_t num;
	struct cursor first;   /* the place before the first row examined; instance 0: no row */
	struct cursor scanned; /* the last row that was examined; the next read begins after it */
	/*
	 * There are no more rows, and no rows are being written that the window has evicted:
	 * entries that follow @scanned are in the window or are missing.
	 */
	bool end;
	/* 0; -ENOENT: the store does not know the instance of @after; -EIO: reading failed. */
	int err;

	/* For the store: */
	struct store_read *next;
	bool waits;
};

/*
 * Begins to read a bounded number of rows.  A read can thus return no entries although it has not
 * reached the end.  A cursor behind the last row of its instance is no error: the read goes on with
 * the next instance, or is at the end.  done() is called later, never by this function.
 */
void store_read(struct store_read *read);

/* Withdraws a read whose done() has not been called; done() will not be called. */
void store_cancel(struct store_read *read);

#endif
