/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a device's health, and a change from one to another. Pure. */
#ifndef FAULTCAST_MODEL_HEALTH_H
#define FAULTCAST_MODEL_HEALTH_H

#include <stdint.h>

#include "address.h"

/* The states from best to worst. HEALTH_UNKNOWN comes before all others. */
enum health_state { HEALTH_UNKNOWN, HEALTH_OK, HEALTH_SUSPECT, HEALTH_FAULTY, HEALTH_STATES };

#define HEALTH_RULE_LEN 48 /* longest name of a rule, with its NUL */

struct health_change {
	struct address device;
	/* HEALTH_UNKNOWN: the exporter has just started, and rebuilt the state from events. */
	enum health_state from;
	enum health_state to;
	char rule[HEALTH_RULE_LEN]; /* the rule that caused or ended the worse state; "": none */
	uint64_t real_ns;	    /* CLOCK_REALTIME of the change */
};

#endif
