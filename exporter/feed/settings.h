/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of the feed from the kernel module. */
#ifndef FAULTCAST_FEED_SETTINGS_H
#define FAULTCAST_FEED_SETTINGS_H

#include "base/options.h"

struct feed_options {
	uint64_t rcvbuf;  /* bytes that the socket for events may buffer; 0: the system's default */
	uint64_t standin; /* port of the program that takes the module's place in tests; 0: none */
};

/* The values in use. */
extern struct feed_options feed_options;

extern const struct setting_group feed_settings;

#endif
