/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that have raised something, for the judge.  Pure. */
#ifndef FAULTCAST_HEALTH_DEVICE_H
#define FAULTCAST_HEALTH_DEVICE_H

#include "judge.h"
#include "model/address.h"
#include "model/health.h"
#include "model/identity.h"
#include "rule.h"
#include "tally.h"

struct health_device {
	struct address address; /* first, so that tfind() can take an address for a device */
	struct health_device *next;
	uint64_t counted[HEALTH_COUNTERS]; /* the kernel's counters at the last look */
	uint64_t
		unreported[HEALTH_COUNTERS]; /* for the replay: counted, but reported by no event */
	/* Counted at the last look, but not yet reported.  Below 0: reported before the look. */
	int64_t awaited[HEALTH_COUNTERS];
	struct device_identity identity; /* at the last fault */
	enum health_state reported;
	bool settled;		   /* a state has been reported since the device was added */
	char why[HEALTH_RULE_LEN]; /* name of the rule that determines the state; "": ok */
	struct tally *tallies;	   /* one for each rule */
};

/* The device at @address, or NULL. */
struct health_device *health_find(const struct health *health, const struct address *address);

/* Adds a device that has raised nothing yet.  Returns NULL if memory is short. */
struct health_device *health_add(struct health *health, const struct address *address);

/* Removes the device that *@at, a link of the list, points to, and frees it. */
void health_remove(struct health *health, struct health_device **at);

#endif
