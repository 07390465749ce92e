/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest entries of the stream, in memory.  Each has a number that only
 * grows; those from window_first() up to, not including, window_end() are
 * retained.  Readers keep a number of their own: one that finds its number below
 * window_first() was too slow.
 */
#ifndef FAULTCAST_BUS_WINDOW_H
#define FAULTCAST_BUS_WINDOW_H

#include "model/cursor.h"
#include "model/entry.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"

#define WINDOW_ENTRIES 16384

/* 0 or -ENOMEM. */
int window_init(void);
void window_fini(void);

uint64_t window_first(void);
uint64_t window_end(void);

/* @number must be retained; valid until the next addition. */
const struct entry *window_at(uint64_t number);

/* Adding evicts the oldest one once the window is full. */
void window_add_event(const struct fault_event *ev);
void window_add_gap(const struct cursor *at, const struct fault_gap *gap);
void window_add_health(const struct cursor *at, const struct health_change *change);

/* Of the newest entry, retained or not; no instance when there never was one. */
struct cursor window_newest(void);

enum window_place {
	WINDOW_HAS,	/* all that follows is retained, from *@number on */
	WINDOW_LATER,	/* some is gone: of the instance, *@number is the first retained */
	WINDOW_UNKNOWN, /* nothing of the instance is retained, or never was so much */
};

/* Where a reader goes on that stands at @cursor. */
enum window_place window_find(const struct cursor *cursor, uint64_t *number);

#endif
