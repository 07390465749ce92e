// SPDX-License-Identifier: GPL-2.0-or-later
#include "position.h"

#include "base/fault.h"
#include "base/log.h"

void position_deliver(struct feed_netlink *feed, const struct fault_event *ev, bool live)
{
	struct fault_event renamed;

	if (ev->instance != feed->at.instance) {
		renamed = *ev;
		renamed.instance = feed->at.instance;
		ev = &renamed;
	}
	feed->at.seq = ev->seq;
	feed->status.cursor = feed->at;
	feed->sink->event(feed->sink->ctx, ev, live);
}

void position_gap(struct feed_netlink *feed, const struct fault_gap *gap)
{
	if (gap->from && !fault_at("feed-gap", 0))
		feed->status.gap_events += gap->to - gap->from + 1;
	if (gap->from)
		feed->at.seq = gap->to;
	feed->status.cursor = feed->at;
	feed->sink->gap(feed->sink->ctx, &feed->at, gap);
}

void position_unloaded(struct feed_netlink *feed)
{
	const struct fault_gap gap = { .reason = GAP_UNLOADED };

	if (!feed->at.instance || feed->at.sub == CURSOR_SUB_END)
		return;
	feed->at.sub = CURSOR_SUB_END;
	position_gap(feed, &gap);
}

void position_begin(struct feed_netlink *feed, const struct module_status *status)
{
	bool first = !feed->at.instance, again = feed->instance == status->instance;
	uint64_t instance = again ? feed->at.instance + 1 : status->instance;

	position_unloaded(feed);
	feed->instance = status->instance;
	feed->at = (struct cursor){ .instance = instance ? instance : 1 };
	/* Events that were evicted before the feed first asked are not stated as a gap. */
	if (first && feed->only_new)
		feed->at.seq = status->head;
	else if (first && status->tail)
		feed->at.seq = status->tail - 1;
	if (again)
		log_warn("feed netlink: the module's sequence numbers have begun anew, at %llu",
			 (unsigned long long)status->head);
	feed->status.malformed += again;
}

void position_withheld(struct feed_netlink *feed)
{
	const struct fault_gap gap = { .reason = GAP_HISTORY,
				       .from = feed->at.seq + 1,
				       .to = feed->head };

	feed->status.malformed++;
	log_warn("feed netlink: events %llu to %llu are published, but the module does not have "
		 "them",
		 (unsigned long long)gap.from, (unsigned long long)gap.to);
	position_gap(feed, &gap);
}
