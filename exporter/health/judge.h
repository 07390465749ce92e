/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a device is, judged by rules from the kernel's counters of what it raised:
 * storm control hides nothing from it, and injected events are not in there.
 * Pure; all times are of the monotonic clock.
 */
#ifndef FAULTCAST_HEALTH_JUDGE_H
#define FAULTCAST_HEALTH_JUDGE_H

#include "model/address.h"
#include <stddef.h>

#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"

/*
 * So many faults of a kind within so long, and the device is in @state; until it has
 * raised none of them for @clear_after_ns.  A device is as bad as the worst of
 * the rules that hold, and so goes from faulty to ok in one step if only one did.
 */
struct health_rule {
	char name[HEALTH_RULE_LEN];
	uint32_t kind;	   /* enum faultcast_kind, but no summary */
	uint32_t severity; /* of FAULTCAST_KIND_AER: enum faultcast_severity */
	uint32_t threshold;
	/* A threshold reached within it is never missed, one within 1/15 more may count. */
	uint64_t window_ns;
	enum health_state state;
	uint64_t clear_after_ns;
};

extern const struct health_rule health_default_rules[];
extern const size_t health_num_default_rules;

#define HEALTH_RULES_MAX 64 /* that may be configured */

struct health_device;

/* All zero but for the rules, which the owner keeps: nothing has been raised yet. */
struct health {
	const struct health_rule *rules;
	size_t num_rules;
	struct health_device *devices; /* those that have raised something */
	void *by_address;
};

void health_fini(struct health *health);

/*
 * What was raised since the last look was raised now.  A counter that went back
 * has begun anew.  -ENOMEM: some devices are left for the next look.
 */
int health_look(struct health *health, const struct device_counts *counts, size_t n,
		uint64_t now_ns);

/*
 * The counters are new ones, from 0.  What holds goes on, its quiet anew: nobody watched.
 */
void health_new_counters(struct health *health, uint64_t now_ns);

/*
 * Instead of the first look at counters that are not new, whose past the events
 * tell that are retained: health_begin(), then of all these in their order
 * health_expect(), then again health_replay().  So much was raised of which no
 * event tells: it is none of the past, unless an event tells that so many were not
 * published before it.  Those may be of any kind of which the device has raised
 * more than events tell, and are taken for that.  -ENOMEM: nothing is begun.
 */
int health_begin(struct health *health, const struct device_counts *counts, size_t n);
void health_expect(struct health *health, const struct fault_event *ev);
void health_replay(struct health *health, const struct fault_event *ev);

/*
 * Other rules from now on; the owner keeps these as well, and may then give up the old ones.
 * A rule that is equal to one of the old knows what that knew.  The others know
 * nothing yet: health_expect() and health_replay() tell them of the past, of events up to the last
 * look, and nobody else.  -ENOMEM: nothing has changed.
 */
int health_set_rules(struct health *health, const struct health_rule *rules, size_t num);

/* Whether these are its rules, in this order. */
bool health_has_rules(const struct health *health, const struct health_rule *rules, size_t num);

/* Calls @changed for each device that is in another state than was last said. */
void health_settle(struct health *health, uint64_t now_ns,
		   void (*changed)(void *ctx, const struct health_change *change), void *ctx);

/* When to settle if nothing is raised until then; UINT64_MAX: never. */
uint64_t health_deadline(const struct health *health);

/* As of the last time that it was settled. */
enum health_state health_of(const struct health *health, const struct address *device);

/* The same of all that have raised something, by address: the others are ok. */
void health_each(const struct health *health,
		 void (*each)(void *ctx, const struct address *device, enum health_state state),
		 void *ctx);

#endif
