// SPDX-License-Identifier: GPL-2.0-only
/* Gathers published events into multicast messages. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "attrs.h"
#include "compat.h"
#include "core/event.h"
#include "genl.h"
#include "notify.h"

/* The notification under construction; only the worker uses it. */
static struct sk_buff *batch;
static void *batch_hdr;
static bool batch_full;		/* a message was full since the last flush */

/*
 * Room for one event of any kind, which takes at most 400 bytes with the headers of
 * the message.  Most messages have one event, and clearing a larger buffer would
 * cost time.
 */
#define BATCH_OF_ONE	512

/* Where any process may join the group, its messages must not have what only some may read. */
#define SERIAL	(FAULTCAST_MCAST_FLAGS != 0)

static bool batch_start(void)
{
	batch = genlmsg_new(batch_full ? GENLMSG_DEFAULT_SIZE : BATCH_OF_ONE,
			    GFP_NOWAIT | __GFP_NOWARN);
	if (!batch)
		return false;
	batch_hdr = genlmsg_put(batch, 0, 0, &faultcast_genl_family, 0, FAULTCAST_CMD_EVENT_NTF);
	if (batch_hdr && !faultcast_genl_put_instance(batch))
		return true;
	nlmsg_free(batch);
	batch = NULL;
	return false;
}

/* Makes every listener ask again with EVENT_GET. */
static void batch_lost(void)
{
	genl_set_err(&faultcast_genl_family, &init_net, 0, 0, -ENOBUFS);
}

/* Never blocks: a blocking allocation would let a slow reader slow down the worker. */
static void batch_send(void)
{
	if (!batch)
		return;
	genlmsg_end(batch, batch_hdr);
	genlmsg_multicast_netns(&faultcast_genl_family, &init_net, batch, 0, 0,
				GFP_NOWAIT | __GFP_NOWARN);
	batch = NULL;
}

void faultcast_notify_flush(void)
{
	batch_send();
	batch_full = false;
}

void faultcast_notify_event(const struct faultcast_event *ev)
{
	if (!genl_has_listeners(&faultcast_genl_family, &init_net, 0))
		return;
	if (batch && !faultcast_attrs_event(batch, ev, SERIAL))
		return;
	batch_full = batch;
	batch_send();
	if (!batch_start()) {
		batch_lost();
		return;
	}
	/* An empty message holds any one event. */
	WARN_ON_ONCE(faultcast_attrs_event(batch, ev, SERIAL));
}
