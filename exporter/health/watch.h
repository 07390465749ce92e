/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The health of devices as an output: looks at the kernel's counters when events
 * came, at most once a second, and when a time of quiet ends.
 */
#ifndef FAULTCAST_HEALTH_WATCH_H
#define FAULTCAST_HEALTH_WATCH_H

#include <stddef.h>

#include "bus/feature.h"
#include "judge.h"
#include "model/address.h"
#include "model/health.h"

extern const struct feature feature_health;

/*
 * Judges by @rules, which are copied, from now on; may come before bus_init(), and again
 * at any time.  Rules that are equal to present ones go on as they are, the others
 * begin with what the window's events of the present instance tell.  0 or -ENOMEM:
 * then nothing has changed.
 */
int health_watch_set_rules(const struct health_rule *rules, size_t num);

/*
 * Whether the counters of this instance of the module were looked at, so that states are its.
 * Never without a rule: then nobody is judged.
 */
bool health_watch_knows(uint64_t instance);
enum health_state health_watch_state(const struct address *device);

/* health_each() */
void health_watch_each(void (*each)(void *ctx, const struct address *device,
				    enum health_state state),
		       void *ctx);

#endif
