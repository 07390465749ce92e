/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The batches of events that the module sends.  An event is delivered if it follows the last one.
 * Otherwise the feed learns that it is behind, or that the module contradicts itself.
 */
#ifndef FAULTCAST_FEED_BATCHES_H
#define FAULTCAST_FEED_BATCHES_H

#include "netlink.h"

/* Takes a batch that answers EVENT_GET. */
void batches_fetched(struct feed_netlink *feed, struct nlmsghdr *nlh);

/* Takes a batch that came by multicast.  @ctx is the struct feed_netlink. */
void batches_multicast(void *ctx, struct nlmsghdr *nlh);

/* Attaches to the module again after a while; in netlink.c. */
void feed_attach_later(struct feed_netlink *feed);

#endif
