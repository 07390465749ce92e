/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The faults of one device that one rule counts, in the rule's window.  Pure. */
#ifndef FAULTCAST_HEALTH_TALLY_H
#define FAULTCAST_HEALTH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "rule.h"

/* The newest bucket may just have begun.  The other buckets alone cover the whole window. */
#define BUCKETS 16

/* At first all members are zero. */
struct tally {
	uint64_t last_ns; /* when a fault was last raised */
	uint64_t newest;  /* number of the newest bucket since time 0 */
	uint32_t buckets[BUCKETS];
	bool holds;
	bool kept; /* copied from an equal rule when the rules were replaced */
};

/* Counts @n faults that were raised at @at_ns. */
void tally_count(struct tally *tally, const struct health_rule *rule, uint64_t n, uint64_t at_ns);

/* Ends holding if no fault was raised for the rule's time of quiet. */
void tally_expire(struct tally *tally, const struct health_rule *rule, uint64_t now_ns);

/* Whether the rule does not hold, and no fault is in its window. */
bool tally_is_quiet(struct tally *tally, const struct health_rule *rule, uint64_t now_ns);

#endif
