/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The position of the feed in the stream: every event and gap that it delivers moves it. */
#ifndef FAULTCAST_FEED_POSITION_H
#define FAULTCAST_FEED_POSITION_H

#include "model/module.h"
#include "netlink.h"

/* Delivers the next event.  @live: received by multicast. */
void position_deliver(struct feed_netlink *feed, const struct fault_event *ev, bool live);

/* States a gap that begins with the next event, or one of unknown size. */
void position_gap(struct feed_netlink *feed, const struct fault_gap *gap);

/*
 * States the end of an instance, once: the module was unloaded or replaced, and its last events may
 * be missing.
 */
void position_unloaded(struct feed_netlink *feed);

/*
 * Begins an instance.  It is another one than before, or the same although its sequence numbers
 * begin anew.  Its cursors must differ from the earlier ones, so it then gets another number.
 */
void position_begin(struct feed_netlink *feed, const struct module_status *status);

/*
 * States a gap up to feed->head.  The module has told of these events, but it neither retains them
 * nor states a gap.  It retains an event before it tells of it, so this never happens unless its
 * memory or its code is broken.
 */
void position_withheld(struct feed_netlink *feed);

#endif
