/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bus with all features and without a module, for tests that deliver entries as the feed does. */
#ifndef FAULTCAST_TEST_WITH_BUS_H
#define FAULTCAST_TEST_WITH_BUS_H

#include "base/loop.h"
#include "bus/bus.h"
#include "feed/netlink.h"
#include "registry.h"

static struct loop test_loop;
static struct feed_status test_feed;

/* Returns 0, or a negative error. */
static inline int start_bus(void)
{
	int err;

	/* The module counts as absent, so that no feature sends requests to the kernel. */
	test_feed = (struct feed_status){ .name = "test", .absent = true };
	bus_set_feed(&test_feed);
	err = loop_init(&test_loop);
	return err ? err : bus_init(&test_loop, features);
}

static inline void stop_bus(void)
{
	bus_fini();
	loop_fini(&test_loop);
}

#endif
