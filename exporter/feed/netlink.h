/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feed of events from the kernel module: every published event once, in
 * order, or a stated gap; across ENOBUFS, and the module's coming and going.
 */
#ifndef FAULTCAST_FEED_NETLINK_H
#define FAULTCAST_FEED_NETLINK_H

#include "base/loop.h"
#include "feed.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "netlink/genl.h"

enum feed_state { FEED_ABSENT, FEED_ASKING, FEED_FETCHING, FEED_LIVE };

struct feed_netlink {
	struct loop *loop;
	const struct feed_sink *sink;
	int rcvbuf;
	bool only_new; /* at first sight start from the head */

	enum feed_state state;
	struct cursor at;      /* last event delivered, or gap stated */
	uint64_t seen;	       /* largest number multicast that did not follow */
	uint64_t fetched_from; /* where the last EVENT_GET began */
	bool overrun;	       /* the kernel dropped some */
	bool answered;	       /* STATUS_GET was */
	bool said_down;	       /* in the log, since it was up */
	bool went, came;       /* what the controller said of the family */
	struct feed_status status;
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
int feed_netlink_start(struct feed_netlink *source, struct loop *loop, const struct feed_sink *sink,
		       int rcvbuf);
void feed_netlink_stop(struct feed_netlink *source);

#endif
