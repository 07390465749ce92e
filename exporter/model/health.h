/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a device's health, and a change from one to another. Pure. */
#ifndef FAULTCAST_MODEL_HEALTH_H
#define FAULTCAST_MODEL_HEALTH_H

#include <stdint.h>

#include "address.h"

/* In the order of getting worse. */
enum health_state { HEALTH_UNKNOWN, HEALTH_OK, HEALTH_SUSPECT, HEALTH_FAULTY, HEALTH_STATES };

/* "ok" */
const char *health_state_name(enum health_state state);

#define HEALTH_RULE_LEN 48 /* longest name of a rule, with its NUL */

struct health_change {
	struct address device;
	/* Unknown: the past was told by events, and what was said of it nobody knows. */
	enum health_state from;
	enum health_state to;
	char rule[HEALTH_RULE_LEN]; /* what holds it in a worse state, or did; "" if none */
	uint64_t real_ns;	    /* for who tells others of it to fill in */
};

#endif
