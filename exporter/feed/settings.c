// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

static const struct feed_options defaults = { .rcvbuf = 4 << 20 };
struct feed_options feed_options;

static const struct option_row rows[] = {
	{ .name = "netlink.rcvbuf",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct feed_options, rcvbuf),
	  .min = 0,
	  .max = 1 << 30,
	  .arg = "BYTES",
	  .help = "bytes in the receive buffer of the socket for events, 0: the system's default" },
	{ .name = "netlink.standin",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct feed_options, standin),
	  .min = 1,
	  .max = UINT32_MAX,
	  .hide_default = true,
	  .command_line_only = true,
	  .arg = "PORT",
	  .help = "for tests: receive events from a program on this port of NETLINK_USERSOCK" },
	{ .name = NULL },
};

const struct setting_group feed_settings = { rows, sizeof(feed_options), &defaults, &feed_options,
					     NULL };
