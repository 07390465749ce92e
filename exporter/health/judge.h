/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges the health of devices by rules, from the kernel's counters of the faults that each device
 * raised.  The counters include suppressed faults and exclude test events.  Pure; all times are
 * nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef FAULTCAST_HEALTH_JUDGE_H
#define FAULTCAST_HEALTH_JUDGE_H

#include <stddef.h>

#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"

/*
 * A rule holds for a device from the moment at which the device has raised @threshold faults within
 * @window_ns, until it has raised none of these faults for @clear_after_ns.  The state of a device
 * is the worst state of the rules that hold for it, or ok if none holds.
 */
struct health_rule {
	char name[HEALTH_RULE_LEN];
	uint32_t kind;	   /* enum faultcast_kind, except FAULTCAST_KIND_SUPPRESSED */
	uint32_t severity; /* enum faultcast_severity, if @kind is FAULTCAST_KIND_AER */
	uint32_t threshold;
	/*
	 * A threshold that is reached within the window is never missed.  Faults that are older by
	 * up to 1/15 of the window may count too.
	 */
	uint64_t window_ns;
	enum health_state state;
	uint64_t clear_after_ns;
};

extern const struct health_rule health_default_rules[];
extern const size_t health_num_default_rules;

#define HEALTH_RULES_MAX 64 /* the largest number of rules in a configuration */

struct health_device;

/*
 * At first all members are zero, because no device has raised anything yet, except for the rules.
 * The rules belong to the caller and must stay valid.
 */
struct health {
	const struct health_rule *rules;
	size_t num_rules;
	struct health_device *devices; /* devices that have raised something */
	void *by_address;	       /* the same devices, a tree of tsearch(3) */
};

/* Removes all devices and frees their memory.  The rules stay. */
void health_fini(struct health *health);

/*
 * Reads the counters of @n devices.  Faults since the last look count as raised at @now_ns.  A
 * counter that has decreased started again from zero.  Returns 0, or -ENOMEM if some devices were
 * not read; the next look reads them.
 */
int health_look(struct health *health, const struct device_counts *counts, size_t n,
		uint64_t now_ns);

/*
 * Must be called when the module was loaded again, because all counters then start from zero.
 * Rules that hold continue to hold.  Their time of quiet starts again at @now_ns, because no probe
 * was active meanwhile.
 */
void health_new_counters(struct health *health, uint64_t now_ns);

/*
 * These three functions replace the first call of health_look() when the counters are not zero at
 * the start of the exporter.  They use the retained events to find out when the counted faults
 * happened.  Call health_begin() with the counters, health_expect() for each retained event in the
 * order of the stream, then health_replay() for each of them again.
 *
 * Counted faults that no retained event reports are ignored, with one exception: an event can state
 * that faults of its device before it were suppressed or lost.  Their kind is not known.  They
 * count for each kind of which the device has raised more faults than the events report.
 *
 * health_begin() returns 0, or -ENOMEM with no devices at all.
 */
int health_begin(struct health *health, const struct device_counts *counts, size_t n);
void health_expect(struct health *health, const struct fault_event *ev);
void health_replay(struct health *health, const struct fault_event *ev);

/*
 * Replaces the rules.  The new rules belong to the caller and must stay valid.  The old rules are
 * no longer used.  A rule that is equal to an old rule keeps the old rule's state.  For other
 * rules, the caller should call health_expect() and health_replay() with the retained events up to
 * the last look; these calls do not affect rules that kept their state.  Returns 0, or -ENOMEM
 * without any change.
 */
int health_set_rules(struct health *health, const struct health_rule *rules, size_t num);

/* Whether the present rules are equal to @rules, in the same order. */
bool health_has_rules(const struct health *health, const struct health_rule *rules, size_t num);

/* Judges all devices at @now_ns, and calls @changed for each one whose state has changed. */
void health_settle(struct health *health, uint64_t now_ns,
		   void (*changed)(void *ctx, const struct health_change *change), void *ctx);

/*
 * Returns the time at which to call health_settle() if no fault is raised before.  UINT64_MAX:
 * never.
 */
uint64_t health_deadline(const struct health *health);

/* The state of @device at the last health_settle(). */
enum health_state health_of(const struct health *health, const struct address *device);

/*
 * Calls @each with the state of every device that has raised something, in the order of addresses.
 * All other devices are ok.
 */
void health_each(const struct health *health,
		 void (*each)(void *ctx, const struct address *device, enum health_state state),
		 void *ctx);

#endif
