/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges the health of devices as an output.  It reads the kernel's counters after events, at most
 * once a second, and when the time of quiet of a rule ends.
 */
#ifndef FAULTCAST_HEALTH_WATCH_H
#define FAULTCAST_HEALTH_WATCH_H

#include <stddef.h>

#include "bus/feature.h"
#include "judge.h"
#include "model/address.h"
#include "model/health.h"

/*
 * Sets the rules, which are copied.  May be called before bus_init() and at any later time.  A rule
 * that is equal to a present rule keeps its state; any other rule starts from the window's events
 * of the present instance of the module.  Returns 0, or -ENOMEM without any change.
 */
int health_watch_set_rules(const struct health_rule *rules, size_t num);

/*
 * Whether devices have been judged by the counters of this instance of the module.  Always false
 * without any rules.
 */
bool health_watch_knows(uint64_t instance);

/* A mask of 1 << kind with the kinds of faults that the rules judge. */
uint32_t health_watch_kinds(void);

/* See health_of(). */
enum health_state health_watch_state(const struct address *device);

/* See health_each(). */
void health_watch_each(void (*each)(void *ctx, const struct address *device,
				    enum health_state state),
		       void *ctx);

#endif
