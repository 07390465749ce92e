/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The health of devices as an output: looks at the kernel's counters when events
 * came, at most once a second, and when a time of quiet ends.
 */
#ifndef FAULTCAST_OUTPUT_HEALTH_WATCH_H
#define FAULTCAST_OUTPUT_HEALTH_WATCH_H

#include "../bus.h"
#include "../health.h"

extern const struct output output_health;

/* Whether the counters of this instance of the module were looked at, so that states are its. */
bool health_watch_knows(uint64_t instance);
enum health_state health_watch_state(const struct address *device);

/* How often a device has come to be so, since the start. */
uint64_t health_watch_transitions(enum health_state to);

#endif
