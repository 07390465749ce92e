/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest entries of the stream, in memory.  Entries are numbered in the order in which they
 * are added, from 0.  The entries from window_first() up to, but not including, window_end() are
 * retained.  A reader remembers the number of the entry that it needs next; if that number is
 * below window_first(), the reader was too slow.
 */
#ifndef FAULTCAST_BUS_WINDOW_H
#define FAULTCAST_BUS_WINDOW_H

#include "model/entry.h"

#define WINDOW_ENTRIES 16384

/* Allocates the window, which is empty then.  Returns 0 or -ENOMEM. */
int window_init(void);

/* Frees the window. */
void window_fini(void);

/* The number of the oldest retained entry; window_end() while there is none. */
uint64_t window_first(void);

/* The number that the next entry will get. */
uint64_t window_end(void);

/* Returns entry @number, which must be retained.  It is valid until the next window_add(). */
const struct entry *window_at(uint64_t number);

/* Appends a copy of @entry.  Once the window is full, this removes the oldest entry. */
void window_add(const struct entry *entry);

/* The cursor of the newest entry; all zero when there never was an entry. */
struct cursor window_newest(void);

enum window_place {
	WINDOW_HAS,	/* every entry after the cursor is retained, from *@number on */
	WINDOW_LATER,	/* some are gone; *@number is the first retained one of the instance */
	WINDOW_UNKNOWN, /* no entry of the instance is retained, or the cursor is beyond them */
};

/*
 * True if the window reaches at least as far back as @cursor: it retains an entry of the cursor's
 * instance, and its oldest entry is not behind @cursor.
 */
bool window_reaches(const struct cursor *cursor);

/* Finds the next entry for a reader that has received everything up to @cursor. */
enum window_place window_find(const struct cursor *cursor, uint64_t *number);

#endif
