/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feed of events from the kernel module: every published event once, in
 * order, or a stated gap; across ENOBUFS, and the module's coming and going.
 */
#ifndef FAULTCAST_FEED_NETLINK_H
#define FAULTCAST_FEED_NETLINK_H

#include "base/loop.h"
#include "model/event.h"
#include "netlink/genl.h"
#include "wire/encode.h"

/* Where a source delivers.  Called on the loop's thread. */
struct source_sink {
	/* @live: by multicast, as it happened; otherwise fetched afterwards. */
	void (*event)(void *ctx, const struct fault_event *ev, bool live);
	/* Events before @at (and including it, if @gap says so) are missing. */
	void (*gap)(void *ctx, const struct cursor *at, const struct fault_gap *gap);
	/* The source has delivered all there is, or knows that there is nothing. */
	void (*caught_up)(void *ctx);
	/* Of its status, up, reason or both have changed.  Optional. */
	void (*changed)(void *ctx);
	/* True: what is fetched should come later; what is multicast cannot.  Optional. */
	bool (*congested)(void *ctx);
	void *ctx;
};

enum source_state { SOURCE_ABSENT, SOURCE_ASKING, SOURCE_FETCHING, SOURCE_LIVE };

struct source_netlink {
	struct loop *loop;
	const struct source_sink *sink;
	int rcvbuf;
	bool only_new; /* at first sight start from the head */

	enum source_state state;
	struct cursor at;      /* last event delivered, or gap stated */
	uint64_t seen;	       /* largest number multicast that did not follow */
	uint64_t fetched_from; /* where the last EVENT_GET began */
	bool overrun;	       /* the kernel dropped some */
	bool answered;	       /* STATUS_GET was */
	bool said_down;	       /* in the log, since it was up */
	bool went, came;       /* what the controller said of the family */
	struct source_status status;
	char reason[192];

	struct nl_sock *controller;
	struct nl_sock *events;
	struct genl_query query;
	struct loop_fd controller_watch;
	struct loop_fd events_watch;
	struct loop_fd query_watch;
	struct loop_timer retry;
	struct loop_timer resume; /* reading the answers, which wait in the kernel */
};

/*
 * Starts watching for the module and, when it is there, its events.  @rcvbuf in
 * bytes, 0 for the system's default.  0 or -errno; a missing module is no error.
 */
int source_netlink_start(struct source_netlink *source, struct loop *loop,
			 const struct source_sink *sink, int rcvbuf);
void source_netlink_stop(struct source_netlink *source);

#endif
