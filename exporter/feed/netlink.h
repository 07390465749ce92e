/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feed that receives from the kernel module over generic netlink.  It delivers every published
 * event once and in order, or states a gap.  This also holds after ENOBUFS, and when the module is
 * unloaded and loaded again.
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
	bool only_new; /* begin with the next event, not with the oldest that is retained */

	enum feed_state state;
	struct cursor at;    /* position of the last event delivered or gap stated */
	uint64_t instance;   /* the module's; at.instance differs if the module has used it twice */
	uint64_t head;	     /* the newest event, as the module said when the feed attached */
	uint64_t quiet_ns;   /* when the events' socket was empty for the first time; 0: not yet */
	uint64_t retried_ns; /* when the feed last decided to attach again */
	uint64_t retry_ns;   /* how long it will wait the next time */
	uint64_t seen;	     /* sequence number of the last event received out of order */
	uint64_t fetched_from; /* the last EVENT_GET began after this sequence number */
	bool overrun;	       /* the kernel dropped messages */
	bool answered;	       /* the module has answered STATUS_GET */
	bool said_down;	       /* the log says that the feed is down */
	bool went, came;       /* the module's family was removed, or added */
	struct feed_status status;
	char reason[192]; /* the text of status.reason */

	struct nl_sock *controller;
	struct nl_sock *events;
	struct genl_query query;
	struct loop_fd controller_watch;
	struct loop_fd events_watch;
	struct loop_fd query_watch;
	struct loop_timer retry;  /* to attach again after an error */
	struct loop_timer resume; /* to read answers again after congestion */
	struct loop_timer answer; /* expires if the module does not answer */
};

/*
 * Starts the feed: it waits for the module, and receives its events while the module is loaded.
 * The caller sets @feed->only_new before the call; this function sets all other members.  @rcvbuf
 * is the size of the receive buffer in bytes, 0: the system's default.  @sink must outlive the
 * feed.  Returns 0 or -errno; a module that is not loaded is not an error.
 */
int feed_netlink_start(struct feed_netlink *feed, struct loop *loop, const struct feed_sink *sink,
		       int rcvbuf);

/* Stops the feed and closes its sockets; also after feed_netlink_start() has failed. */
void feed_netlink_stop(struct feed_netlink *feed);

#endif
