// SPDX-License-Identifier: GPL-2.0-or-later
#include "rule.h"
#include "faultcast.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum answer { NO, PERHAPS, YES };

static size_t counter_of(uint32_t kind, uint32_t severity)
{
	if (kind == FAULTCAST_KIND_AER && severity <= FAULTCAST_SEVERITY_MAX)
		return HEALTH_COUNTER_AER + severity;
	return kind <= FAULTCAST_KIND_MAX && kind != FAULTCAST_KIND_AER ? kind
									: HEALTH_COUNTER_OTHER;
}

/* A recovery has several steps.  Rules count only its failure. */
size_t counter_of_event(const struct fault_event *ev)
{
	if (ev->kind == FAULTCAST_KIND_IOMMU_ERROR ||
	    (ev->kind == FAULTCAST_KIND_RECOVERY && ev->recovery != FAULTCAST_RECOVERY_FAILED))
		return HEALTH_COUNTER_OTHER;
	return counter_of(ev->kind, ev->kind == FAULTCAST_KIND_AER ? ev->aer_severity : 0);
}

size_t counter_of_rule(const struct health_rule *rule)
{
	return counter_of(rule->kind, rule->severity);
}

struct rule_subject rule_subject_of(const struct fault_event *ev)
{
	return (struct rule_subject){ .device = &ev->device,
				      .identity = &ev->identity,
				      .slot = ev->identity.physical_slot,
				      .counter = counter_of_event(ev),
				      .knows_reason = true,
				      .reason = ev->has_reason ? ev->reason : 0 };
}

bool scope_is_empty(const struct health_scope *scope)
{
	return !*scope->device && !*scope->driver && !*scope->id && !*scope->slot && !scope->reason;
}

static bool scopes_equal(const struct health_scope *a, const struct health_scope *b)
{
	return a->reason == b->reason && !strcmp(a->device, b->device) &&
	       !strcmp(a->driver, b->driver) && !strcmp(a->id, b->id) && !strcmp(a->slot, b->slot);
}

static bool matches(const char *pattern, const char *text)
{
	return !*pattern || (*text && !fnmatch(pattern, text, FNM_CASEFOLD));
}

static enum answer scope_matches(const struct health_scope *scope,
				 const struct rule_subject *subject)
{
	const struct device_identity *identity = subject->identity;
	char device[ADDRESS_LEN], id[sizeof("00000000:00000000")] = "";

	address_format(subject->device, device);
	if (identity->vendor_id)
		snprintf(id, sizeof(id), "%04x:%04x", identity->vendor_id, identity->device_id);
	if (!matches(scope->device, device) || !matches(scope->driver, identity->driver) ||
	    !matches(scope->id, id) || !matches(scope->slot, subject->slot))
		return NO;
	if (!scope->reason)
		return YES;
	if (!subject->knows_reason)
		return PERHAPS;
	return scope->reason == subject->reason ? YES : NO;
}

bool rules_need_reason(const struct health_rule *rules, size_t num, size_t counter)
{
	for (size_t r = 0; r < num; r++)
		if (rules[r].scope.reason && counter_of_rule(&rules[r]) == counter)
			return true;
	return false;
}

/* Whether one of the rules in @bits has this scope. */
static bool has_scope(const struct health_rule *rules, uint64_t bits,
		      const struct health_scope *scope)
{
	for (; bits; bits &= bits - 1)
		if (scopes_equal(&rules[__builtin_ctzll(bits)].scope, scope))
			return true;
	return false;
}

uint64_t rules_for(const struct health_rule *rules, size_t num, const struct rule_subject *subject)
{
	uint64_t bits = 0;
	bool taken = false;

	for (size_t r = 0; r < num; r++) {
		const struct health_scope *scope = &rules[r].scope;
		enum answer answer;

		if (counter_of_rule(&rules[r]) != subject->counter)
			continue;
		if (has_scope(rules, bits, scope)) {
			bits |= 1ULL << r;
			continue;
		}
		if (taken)
			continue;
		answer = scope_is_empty(scope) ? YES : scope_matches(scope, subject);
		if (answer != NO)
			bits |= 1ULL << r;
		taken = answer == YES;
	}
	return bits;
}

bool rules_equal(const struct health_rule *a, const struct health_rule *b)
{
	return !strcmp(a->name, b->name) && a->kind == b->kind && a->severity == b->severity &&
	       scopes_equal(&a->scope, &b->scope) && a->threshold == b->threshold &&
	       a->window_ns == b->window_ns && a->state == b->state &&
	       a->clear_after_ns == b->clear_after_ns;
}

/* The scope of the first rule in @bits, which is removed from @bits with all rules of this scope.
 */
static const struct health_scope *next_scope(const struct health_rule *rules, uint64_t *bits)
{
	const struct health_scope *scope = &rules[__builtin_ctzll(*bits)].scope;

	for (uint64_t left = *bits; left; left &= left - 1)
		if (scopes_equal(&rules[__builtin_ctzll(left)].scope, scope))
			*bits &= ~(left & -left);
	return scope;
}

bool rules_divide_alike(const struct rule_lists *lists, const struct rule_subject *subject)
{
	uint64_t old = rules_for(lists->old, lists->num_old, subject);
	uint64_t new = rules_for(lists->new, lists->num_new, subject);

	while (old && new)
		if (!scopes_equal(next_scope(lists->old, &old), next_scope(lists->new, &new)))
			return false;
	return !old && !new;
}
