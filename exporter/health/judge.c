// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge.h"
#include "device.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"
#include "rule.h"
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reads the counters that rules use.  Returns whether any of them is not zero. */
static bool read_counters(const struct device_counts *counts, uint64_t raised[HEALTH_COUNTERS])
{
	uint64_t any = 0;

	for (uint32_t kind = 0; kind <= FAULTCAST_KIND_MAX; kind++)
		raised[kind] = raised_of_kind(counts, kind);
	raised[FAULTCAST_KIND_RECOVERY] = counts->recovery[FAULTCAST_RECOVERY_FAILED];
	/* An error of the IOMMU or of the host's tables is no fault of a device. */
	raised[FAULTCAST_KIND_IOMMU_ERROR] = 0;
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		raised[HEALTH_COUNTER_AER + severity] = counts->aer[severity];
	raised[HEALTH_COUNTER_OTHER] = 0;
	for (size_t c = 0; c < HEALTH_COUNTERS; c++)
		any |= raised[c];
	return any;
}

/*
 * Finds the device, or adds it if it has raised something.  Returns NULL if the device has raised
 * nothing, or if memory is short.  If memory is short, @err is set to -ENOMEM.
 */
static struct health_device *device_of(struct health *health, const struct device_counts *counts,
				       uint64_t raised[HEALTH_COUNTERS], int *err)
{
	struct health_device *device = health_find(health, &counts->address);
	bool any = read_counters(counts, raised);

	if (device || !any)
		return device;
	device = health_add(health, &counts->address);
	if (!device)
		*err = -ENOMEM;
	return device;
}

static void find_slot(const struct health *health, struct rule_subject *subject)
{
	if (!*subject->slot && health->slot_of)
		subject->slot = health->slot_of(subject->device);
}

/* Faults of @device whose reason is not known. */
static struct rule_subject subject_of(const struct health *health,
				      const struct health_device *device, size_t counter)
{
	struct rule_subject subject = { .device = &device->address,
					.identity = &device->identity,
					.slot = device->identity.physical_slot,
					.counter = counter };

	find_slot(health, &subject);
	return subject;
}

static struct rule_subject subject_of_event(const struct health *health,
					    const struct fault_event *ev)
{
	struct rule_subject subject = rule_subject_of(ev);

	find_slot(health, &subject);
	return subject;
}

/* Counts @n faults, raised at @at_ns, for the rules in @bits. */
static void count_for(const struct health *health, struct health_device *device, uint64_t bits,
		      uint64_t n, uint64_t at_ns)
{
	for (; bits; bits &= bits - 1) {
		int r = __builtin_ctzll(bits);

		tally_count(&device->tallies[r], &health->rules[r], n, at_ns);
	}
}

/* Counts @n faults whose reason is not known. */
static void count_unnamed(const struct health *health, struct health_device *device, size_t counter,
			  uint64_t n, uint64_t at_ns)
{
	struct rule_subject subject;

	if (!n)
		return;
	subject = subject_of(health, device, counter);
	count_for(health, device, rules_for(health->rules, health->num_rules, &subject), n, at_ns);
}

/*
 * Adds @more counted faults.  Returns how many faults were counted at the last look and have not
 * been reported since.
 */
static uint64_t await_events(struct health_device *device, size_t counter, uint64_t more)
{
	int64_t *awaited = &device->awaited[counter];
	uint64_t unreported = *awaited > 0 ? (uint64_t)*awaited : 0;

	*awaited += (int64_t)(more - unreported);
	return unreported;
}

static void look_at(const struct health *health, struct health_device *device,
		    const uint64_t raised[HEALTH_COUNTERS], const bool by_event[HEALTH_COUNTERS],
		    uint64_t now_ns)
{
	for (size_t c = 0; c < HEALTH_COUNTERS; c++) {
		bool anew = raised[c] < device->counted[c];
		uint64_t more = anew ? raised[c] : raised[c] - device->counted[c];
		uint64_t unreported = await_events(device, c, more);

		device->counted[c] = raised[c];
		count_unnamed(health, device, c, by_event[c] ? unreported : more, now_ns);
	}
}

static void find_by_event(const struct health *health, bool by_event[HEALTH_COUNTERS])
{
	for (size_t c = 0; c < HEALTH_COUNTERS; c++)
		by_event[c] = rules_need_reason(health->rules, health->num_rules, c);
}

int health_look(struct health *health, const struct device_counts *counts, size_t n,
		uint64_t now_ns)
{
	uint64_t raised[HEALTH_COUNTERS];
	bool by_event[HEALTH_COUNTERS];
	int err = 0;

	find_by_event(health, by_event);
	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], raised, &err);

		if (!device)
			continue;
		device->identity = counts[i].identity;
		look_at(health, device, raised, by_event, now_ns);
	}
	return err;
}

bool health_needs_events(const struct health *health)
{
	for (size_t r = 0; r < health->num_rules; r++)
		if (health->rules[r].scope.reason)
			return true;
	return false;
}

void health_event(struct health *health, const struct fault_event *ev, uint64_t now_ns)
{
	const struct rule_subject subject = subject_of_event(health, ev);
	struct health_device *device = health_find(health, &ev->device);

	if (!device)
		device = health_add(health, &ev->device);
	/* Without memory for the device, the next look counts the fault as one without a reason. */
	if (!device)
		return;
	device->identity = ev->identity;
	device->awaited[subject.counter]--;
	if (rules_need_reason(health->rules, health->num_rules, subject.counter))
		count_for(health, device, rules_for(health->rules, health->num_rules, &subject), 1,
			  now_ns);
}

bool health_awaits_events(const struct health *health)
{
	bool by_event[HEALTH_COUNTERS];

	find_by_event(health, by_event);
	for (const struct health_device *device = health->devices; device; device = device->next)
		for (size_t c = 0; c < HEALTH_COUNTERS; c++)
			if (by_event[c] && device->awaited[c] > 0)
				return true;
	return false;
}

/*
 * Returns whether the device can be forgotten when its counters start again from zero: no rule
 * holds, and no fault is in the window of a rule.
 */
static bool is_quiet(const struct health *health, struct health_device *device, uint64_t now_ns)
{
	for (size_t r = 0; r < health->num_rules; r++) {
		if (!tally_is_quiet(&device->tallies[r], &health->rules[r], now_ns))
			return false;
	}
	return true;
}

void health_new_counters(struct health *health, uint64_t now_ns)
{
	struct health_device **at = &health->devices, *device;

	while ((device = *at)) {
		if (is_quiet(health, device, now_ns)) {
			health_remove(health, at);
			continue;
		}
		memset(device->counted, 0, sizeof(device->counted));
		memset(device->awaited, 0, sizeof(device->awaited));
		for (size_t r = 0; r < health->num_rules; r++)
			device->tallies[r].last_ns = now_ns;
		at = &device->next;
	}
}

int health_begin(struct health *health, const struct device_counts *counts, size_t n)
{
	uint64_t raised[HEALTH_COUNTERS];
	int err = 0;

	health_fini(health);
	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], raised, &err);

		if (!device)
			continue;
		device->identity = counts[i].identity;
		memcpy(device->counted, raised, sizeof(raised));
		memcpy(device->unreported, raised, sizeof(raised));
	}
	if (err)
		health_fini(health);
	return err;
}

void health_expect(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : health_find(health, &ev->device);
	size_t c = counter_of_event(ev);

	if (!device)
		return;
	/*
	 * If the counters have more faults than the events so far, they include this event.
	 * Otherwise the event was raised after the counters were read, and the next look must not
	 * count it.
	 */
	if (device->unreported[c])
		device->unreported[c]--;
	else
		device->counted[c]++;
}

/* Counts @n faults for the rules in @bits that started anew. */
static void count_anew(const struct health *health, struct health_device *device, uint64_t bits,
		       uint64_t n, uint64_t at_ns)
{
	for (uint64_t left = bits; left; left &= left - 1)
		if (device->tallies[__builtin_ctzll(left)].kept)
			bits &= ~(left & -left);
	count_for(health, device, bits, n, at_ns);
	for (; bits; bits &= bits - 1)
		if (device->tallies[__builtin_ctzll(bits)].holds && !device->settled)
			device->reported = HEALTH_UNKNOWN;
}

void health_replay(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : health_find(health, &ev->device);
	struct rule_subject subject = subject_of_event(health, ev);

	if (!device)
		return;
	count_anew(health, device, rules_for(health->rules, health->num_rules, &subject), 1,
		   ev->mono_ns);
	subject.knows_reason = false;
	for (size_t c = 0; c < HEALTH_COUNTERS; c++) {
		uint64_t unpublished = ev->suppressed_before + ev->lost_before;

		if (unpublished > device->unreported[c])
			unpublished = device->unreported[c];
		if (!unpublished)
			continue;
		device->unreported[c] -= unpublished;
		subject.counter = c;
		count_anew(health, device, rules_for(health->rules, health->num_rules, &subject),
			   unpublished, ev->mono_ns);
	}
}

void health_event_again(struct health *health, const struct fault_event *ev, uint64_t now_ns)
{
	const struct rule_subject subject = subject_of_event(health, ev);
	struct health_device *device = health_find(health, &ev->device);

	if (!device)
		return;
	device->awaited[subject.counter]--;
	if (rules_need_reason(health->rules, health->num_rules, subject.counter))
		count_anew(health, device, rules_for(health->rules, health->num_rules, &subject), 1,
			   now_ns);
}

/* The tally of a rule equal to @rule that counted the same faults of @device; NULL: there is none.
 */
static const struct tally *tally_of(const struct health *health, const struct rule_lists *lists,
				    const struct health_device *device,
				    const struct health_rule *rule)
{
	const struct rule_subject subject = subject_of(health, device, counter_of_rule(rule));

	for (size_t r = 0; r < lists->num_old; r++)
		if (rules_equal(&lists->old[r], rule))
			return rules_divide_alike(lists, &subject) ? &device->tallies[r] : NULL;
	return NULL;
}

bool health_has_rules(const struct health *health, const struct health_rule *rules, size_t num)
{
	if (num != health->num_rules)
		return false;
	for (size_t r = 0; r < num; r++)
		if (!rules_equal(&health->rules[r], &rules[r]))
			return false;
	return true;
}

static void put_tallies(const struct health *health, const struct rule_lists *lists,
			struct health_device *device, struct tally *tallies)
{
	for (size_t r = 0; r < lists->num_new; r++) {
		const struct tally *same = tally_of(health, lists, device, &lists->new[r]);

		if (same)
			tallies[r] = *same;
		tallies[r].kept = same;
	}
	free(device->tallies);
	device->tallies = tallies;
	memcpy(device->unreported, device->counted, sizeof(device->counted));
	memset(device->awaited, 0, sizeof(device->awaited));
}

int health_set_rules(struct health *health, const struct health_rule *rules, size_t num)
{
	const struct rule_lists lists = { health->rules, health->num_rules, rules, num };
	struct health_device *device;
	struct tally **tallies;
	size_t devices = 0, i;

	for (device = health->devices; device; device = device->next)
		devices++;
	tallies = calloc(devices + 1, sizeof(struct tally *));
	if (!tallies)
		return -ENOMEM;
	for (i = 0; i < devices; i++) {
		tallies[i] = calloc(num + 1, sizeof(struct tally));
		if (!tallies[i])
			goto fail;
	}
	for (device = health->devices, i = 0; device; device = device->next)
		put_tallies(health, &lists, device, tallies[i++]);
	free(tallies);
	health->rules = rules;
	health->num_rules = num;
	return 0;
fail:
	while (i)
		free(tallies[--i]);
	free(tallies);
	return -ENOMEM;
}

/* The first rule with the worst state among the rules that hold, or NULL if none holds. */
static const struct health_rule *worst(const struct health *health, struct health_device *device,
				       uint64_t now_ns)
{
	const struct health_rule *why = NULL;

	for (size_t r = 0; r < health->num_rules; r++) {
		const struct health_rule *rule = &health->rules[r];

		tally_expire(&device->tallies[r], rule, now_ns);
		if (device->tallies[r].holds && (!why || rule->state > why->state))
			why = rule;
	}
	return why;
}

void health_settle(struct health *health, uint64_t now_ns,
		   void (*changed)(void *ctx, const struct health_change *change), void *ctx)
{
	for (struct health_device *device = health->devices; device; device = device->next) {
		const struct health_rule *why = worst(health, device, now_ns);
		struct health_change change = {
			.device = device->address,
			.from = device->reported,
			.to = why ? why->state : HEALTH_OK,
		};

		/* A device that gets better is reported with the rule that no longer holds. */
		memcpy(change.rule, device->why, sizeof(change.rule));
		if (why && change.to > change.from)
			memcpy(change.rule, why->name, sizeof(change.rule));
		memset(device->why, 0, sizeof(device->why));
		if (why)
			memcpy(device->why, why->name, sizeof(device->why));
		device->reported = change.to;
		device->settled = true;
		if (change.to != change.from)
			changed(ctx, &change);
	}
}

uint64_t health_deadline(const struct health *health)
{
	uint64_t deadline = UINT64_MAX;

	for (const struct health_device *device = health->devices; device; device = device->next) {
		for (size_t r = 0; r < health->num_rules; r++) {
			const struct tally *tally = &device->tallies[r];
			uint64_t at = tally->last_ns + health->rules[r].clear_after_ns;

			if (tally->holds && at < deadline)
				deadline = at;
		}
	}
	return deadline;
}

enum health_state health_of(const struct health *health, const struct address *device)
{
	const struct health_device *found = health_find(health, device);

	return found ? found->reported : HEALTH_OK;
}
