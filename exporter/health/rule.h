/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of health: which faults each of them counts.  Pure. */
#ifndef FAULTCAST_HEALTH_RULE_H
#define FAULTCAST_HEALTH_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/address.h"
#include "model/event.h"
#include "model/health.h"
#include "model/identity.h"

#define HEALTH_ID_LEN 16

/*
 * The devices and fault reasons that a rule is limited to.  A fault must meet all conditions.  The
 * texts are patterns of fnmatch(3), which ignore case; "" is no condition.  A pattern does not
 * match a property that the device does not have.
 */
struct health_scope {
	char device[ADDRESS_LEN];
	char driver[IDENTITY_TEXT_LEN];
	char id[HEALTH_ID_LEN]; /* vendor and device: "8086:3e92" */
	char slot[IDENTITY_TEXT_LEN];
	uint32_t reason; /* VT-d fault reason; 0: no condition */
};

/*
 * A rule holds for a device from the moment at which the device has raised @threshold faults within
 * @window_ns, until it has raised none of these faults for @clear_after_ns.  The state of a device
 * is the worst state of the rules that hold for it, or ok if none holds.
 */
struct health_rule {
	char name[HEALTH_RULE_LEN];
	uint32_t kind;	   /* enum faultcast_kind, except FAULTCAST_KIND_SUPPRESSED */
	uint32_t severity; /* enum faultcast_severity, if @kind is FAULTCAST_KIND_AER */
	struct health_scope scope;
	uint32_t threshold;
	/*
	 * A threshold that is reached within the window is never missed.  Faults that are older by
	 * up to 1/15 of the window may count too.
	 */
	uint64_t window_ns;
	enum health_state state;
	uint64_t clear_after_ns;
};

#define HEALTH_RULES_MAX 64 /* the largest number of rules in a configuration */

extern const struct health_rule health_default_rules[];
extern const size_t health_num_default_rules;

/* Indices of counters: kinds, then AER severities, then one for faults that no rule counts. */
#define HEALTH_COUNTER_AER (FAULTCAST_KIND_MAX + 1)
#define HEALTH_COUNTER_OTHER (HEALTH_COUNTER_AER + FAULTCAST_SEVERITY_MAX + 1)
#define HEALTH_COUNTERS (HEALTH_COUNTER_OTHER + 1)

/* The counter of a fault, and the one whose faults a rule counts. */
size_t counter_of_event(const struct fault_event *ev);
size_t counter_of_rule(const struct health_rule *rule);

/* Whether all conditions are absent. */
bool scope_is_empty(const struct health_scope *scope);

/* Whether a rule of this list counts faults of @counter by their reason. */
bool rules_need_reason(const struct health_rule *rules, size_t num, size_t counter);

/* A fault, as far as the scopes of rules are compared with it. */
struct rule_subject {
	const struct address *device;
	const struct device_identity *identity;
	const char *slot; /* physical; "": none */
	size_t counter;
	/* False if the reason is not known, because no event has reported the fault. */
	bool knows_reason;
	uint32_t reason; /* 0: none */
};

/* The subject for an event, with the slot that the event names.  Valid as long as @ev. */
struct rule_subject rule_subject_of(const struct fault_event *ev);

/*
 * The rules that count this fault: a bit for each index of @rules.  They are the rules of its
 * counter whose scope equals that of the first rule that matches.  If the reason of the fault is
 * not known, the rules that match for some reason are added.
 */
uint64_t rules_for(const struct health_rule *rules, size_t num, const struct rule_subject *subject);

/* Whether all members are equal. */
bool rules_equal(const struct health_rule *a, const struct health_rule *b);

/* Two lists of rules. */
struct rule_lists {
	const struct health_rule *old;
	size_t num_old;
	const struct health_rule *new;
	size_t num_new;
};

/*
 * Whether the faults of @subject are divided among the same scopes by both lists, so that a rule
 * that is in both of them counts the same faults.
 */
bool rules_divide_alike(const struct rule_lists *lists, const struct rule_subject *subject);

#endif
