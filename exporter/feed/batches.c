// SPDX-License-Identifier: GPL-2.0-or-later
#include "batches.h"

#include "base/clock.h"
#include "base/log.h"
#include "netlink/decode.h"
#include "position.h"

/* An event may be sent by multicast this long after it was fetched. */
#define LATE_NS NSEC_PER_SEC

/*
 * The module has sent what cannot follow from what it sent before.  Attaching again shows whether
 * it was loaded again without notice.
 */
static void doubt(struct feed_netlink *feed, const char *why)
{
	feed->status.malformed++;
	log_warn("feed netlink: %s; asking the module again", why);
	feed_attach_later(feed);
}

static void on_fetched(void *ctx, const struct fault_event *ev)
{
	struct feed_netlink *feed = ctx;

	if (ev->instance == feed->instance && ev->seq == feed->at.seq + 1)
		position_deliver(feed, ev, false);
}

static void on_fetched_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	struct feed_netlink *feed = ctx;

	if (instance != feed->instance || gap->from != feed->at.seq + 1)
		return;
	position_gap(feed, gap);
}

/* Returns false if the batch is malformed.  None of its events is delivered then. */
static bool take_batch(struct feed_netlink *feed, struct nlmsghdr *nlh,
		       const struct batch_handler *handler)
{
	if (!decode_batch(nlh, handler, feed, &feed->status.unknown))
		return true;
	feed->status.malformed++;
	log_warn("feed netlink: malformed events from the kernel");
	return false;
}

/*
 * After a fetch, the events that it has returned may still come by multicast.  Once these have been
 * read, no event comes twice.
 */
static void on_repeated(struct feed_netlink *feed)
{
	if (feed->state == FEED_LIVE && feed->quiet_ns &&
	    clock_mono_ns() - feed->quiet_ns > LATE_NS)
		doubt(feed, "an event that was delivered long ago");
}

static void on_multicast(void *ctx, const struct fault_event *ev)
{
	struct feed_netlink *feed = ctx;

	if (feed->state < FEED_FETCHING)
		return;
	if (ev->instance != feed->instance)
		doubt(feed, "an event of another instance");
	else if (ev->seq <= feed->at.seq)
		on_repeated(feed);
	else if (ev->seq == feed->at.seq + 1)
		position_deliver(feed, ev, true);
	else
		feed->seen = ev->seq;
}

static void on_multicast_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	struct feed_netlink *feed = ctx;

	(void)instance;
	(void)gap;
	feed->overrun = true;
}

void batches_fetched(struct feed_netlink *feed, struct nlmsghdr *nlh)
{
	static const struct batch_handler handler = { .event = on_fetched, .gap = on_fetched_gap };

	take_batch(feed, nlh, &handler);
}

void batches_multicast(void *ctx, struct nlmsghdr *nlh)
{
	static const struct batch_handler handler = { .event = on_multicast,
						      .gap = on_multicast_gap };
	struct feed_netlink *feed = ctx;

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	if (!take_batch(feed, nlh, &handler))
		feed->overrun = true;
}
