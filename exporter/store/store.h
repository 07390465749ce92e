/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store on disk as an output: it reads the window and hands what is new to
 * store/worker.h, on whose thread all file I/O happens.  Everything here is for
 * the loop's thread and does not block.
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

extern const struct feature feature_store;

/* Before bus_init(), if there is to be a store; @config stays. */
void store_configure(const struct store_config *config);

/* Other limits from now on, if there is a store. */
void store_set_retention(uint64_t retention_ns, uint64_t retention_bytes);

/* A store is configured, and can be read or is about to be opened: a read may wait for that. */
bool store_is_readable(void);

/* What metrics tell of it; false: there is none. */
bool store_get_status(struct store_status *status);

/* Events that were published and will not be stored. */
uint64_t store_dropped(void);

/* Room for a row and the gaps before it; no more than STORE_READ_MAX come at once. */
#define STORE_READ_MIN (ENTRY_MISSING_MAX + 1)

/* The caller's memory, until done() or store_cancel(). */
struct store_read {
	/* Set by the caller. */
	struct cursor after; /* instance 0: from the oldest row on */
	/* Events that it does not concern are left out; gaps never are. */
	const struct event_filter *filter;
	struct entry *entries; /* for @max, at least STORE_READ_MIN */
	size_t max;
	void (*done)(struct store_read *read); /* may ask for the next right away */

	/*
	 * The answer: events, and gaps where rows are missing, or make no sense, in the
	 * stream's order.
	 */
	size_t num;
	struct cursor scanned; /* last row looked at: where the next read goes on */
	/*
	 * No more rows, nor rows being written that the window has no more: what
	 * follows @scanned is in the window, or is missing.
	 */
	bool end;
	/* -ENOENT: never heard of the instance of @after; -EIO: cannot be read now. */
	int err;

	/* The store's. */
	struct store_read *next;
	bool waits;
};

/*
 * Reads a bounded number of rows, so a read may give nothing without having
 * come to the end.  A cursor behind the last row of its instance is no error: what
 * follows is the next instance, or the end.  done() is never called from here.
 */
void store_read(struct store_read *read);

/* done() will not be called; @read may go away.  Not for one that is done. */
void store_cancel(struct store_read *read);

#endif
