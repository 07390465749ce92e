/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges the health of devices by rules, from the kernel's counters of the faults that each device
 * raised.  The counters include suppressed faults and exclude test events.  They do not say for
 * which reason a fault was raised.  If a rule of a counter asks for the reason, the faults of this
 * counter are therefore counted by their events, and the faults that no event has reported are
 * counted by every rule whose other conditions match.  Pure; all times are nanoseconds of
 * CLOCK_MONOTONIC.
 */
#ifndef FAULTCAST_HEALTH_JUDGE_H
#define FAULTCAST_HEALTH_JUDGE_H

#include <stddef.h>

#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"
#include "rule.h"

struct health_device;

/*
 * At first all members are zero, except for the rules and slot_of, because no device has raised
 * anything yet.
 * The rules belong to the caller and must stay valid.
 */
struct health {
	const struct health_rule *rules;
	size_t num_rules;
	/*
	 * Optional: the physical slot of a device whose events and counters name none.  Returns ""
	 * if there is none.  The text must stay valid until the health function returns.
	 */
	const char *(*slot_of)(const struct address *device);
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

/* Whether some rule needs a reason, so that health_event() must be called. */
bool health_needs_events(const struct health *health);

/*
 * Reads an event that was received after health_begin(), and that health_replay() has not read.
 * The fault counts as raised at @now_ns.
 */
void health_event(struct health *health, const struct fault_event *ev, uint64_t now_ns);

/*
 * Whether the next health_look() may find that no event has reported some of the faults that the
 * last one has read.
 */
bool health_awaits_events(const struct health *health);

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
 * no longer used.  A rule that is equal to an old rule keeps the old rule's state for each device
 * of which it counts the same faults as before.  For other rules, the caller should call
 * health_expect() and health_replay() with the retained events up to the last look, and then
 * health_event_again() with the later events.  These calls do not affect rules that kept their
 * state.  Returns 0, or -ENOMEM without any change.
 */
int health_set_rules(struct health *health, const struct health_rule *rules, size_t num);
void health_event_again(struct health *health, const struct fault_event *ev, uint64_t now_ns);

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
