/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feed delivers the events of the kernel module, or the statement that some are missing, to
 * a sink.  This is the interface that every feed implements.
 */
#ifndef FAULTCAST_FEED_FEED_H
#define FAULTCAST_FEED_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"

/* The receiver of a feed.  All functions are called on the thread of the loop. */
struct feed_sink {
	/* @live: received by multicast as it happened; false: fetched afterwards. */
	void (*event)(void *ctx, const struct fault_event *ev, bool live);
	/* Events before @at are missing.  @gap tells whether the event at @at is missing too. */
	void (*gap)(void *ctx, const struct cursor *at, const struct fault_gap *gap);
	/* The feed has delivered all retained events, or has found that it cannot get any. */
	void (*caught_up)(void *ctx);
	/* The members @up or @reason of the feed's status have changed.  Optional. */
	void (*changed)(void *ctx);
	/*
	 * Returns true if the feed should delay fetching.  Multicast events cannot be delayed.
	 * Optional.
	 */
	bool (*congested)(void *ctx);
	void *ctx;
};

/* The state of a feed.  The feed owns it; it is valid until the feed is stopped. */
struct feed_status {
	const char *name;
	bool up;
	bool absent;	      /* the kernel module is known not to be loaded */
	const char *reason;   /* why the feed is not up; "" while it is */
	struct cursor cursor; /* position of the last event delivered or gap stated */
	uint64_t refetches;   /* times that missed events were fetched again */
	uint64_t enobufs;     /* times that the kernel could not deliver */
	uint64_t gap_events;  /* events in all gaps stated */
	uint64_t unknown;     /* ignored attributes and kinds of a newer module */
	uint64_t malformed;   /* messages left out: malformed, or contradicting earlier ones */
};

#endif
