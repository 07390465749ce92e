// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* The newest bucket may just have begun.  The other buckets alone cover the whole window. */
#define BUCKETS 16

/* Indices of counters: kinds, then AER severities, then one for faults that no rule counts. */
#define COUNTER_AER (FAULTCAST_KIND_MAX + 1)
#define COUNTER_OTHER (COUNTER_AER + FAULTCAST_SEVERITY_MAX + 1)
#define COUNTERS (COUNTER_OTHER + 1)

/* The state of one rule for one device. */
struct tally {
	uint64_t last_ns; /* when a fault was last raised */
	uint64_t newest;  /* number of the newest bucket since time 0 */
	uint32_t buckets[BUCKETS];
	bool holds;
	bool kept; /* copied from an equal rule when the rules were replaced */
};

struct health_device {
	struct address address; /* first, so that tfind() can take an address for a device */
	struct health_device *next;
	uint64_t counted[COUNTERS];    /* the kernel's counters at the last look */
	uint64_t unreported[COUNTERS]; /* for the replay: counted, but reported by no event */
	enum health_state reported;
	bool settled;		   /* a state has been reported since the device was added */
	char why[HEALTH_RULE_LEN]; /* name of the rule that determines the state; "": ok */
	struct tally *tallies;	   /* one for each rule */
};

static int compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

static struct health_device *find(const struct health *health, const struct address *address)
{
	void *node = tfind(address, &health->by_address, compare);

	return node ? *(struct health_device **)node : NULL;
}

static void free_device(struct health_device *device)
{
	if (device)
		free(device->tallies);
	free(device);
}

static struct health_device *add(struct health *health, const struct address *address)
{
	struct health_device *device = calloc(1, sizeof(*device));

	if (device)
		device->tallies = calloc(health->num_rules + 1, sizeof(*device->tallies));
	if (!device || !device->tallies)
		goto fail;
	device->address = *address;
	device->reported = HEALTH_OK;
	if (!tsearch(device, &health->by_address, compare))
		goto fail;
	device->next = health->devices;
	health->devices = device;
	return device;
fail:
	free_device(device);
	return NULL;
}

static size_t counter_of(uint32_t kind, uint32_t severity)
{
	if (kind == FAULTCAST_KIND_AER && severity <= FAULTCAST_SEVERITY_MAX)
		return COUNTER_AER + severity;
	return kind <= FAULTCAST_KIND_MAX && kind != FAULTCAST_KIND_AER ? kind : COUNTER_OTHER;
}

static size_t counted_by(const struct health_rule *rule)
{
	return counter_of(rule->kind, rule->severity);
}

static bool is_of(const struct health_rule *rule, const struct fault_event *ev)
{
	return ev->kind == rule->kind &&
	       (ev->kind != FAULTCAST_KIND_AER || ev->aer_severity == rule->severity);
}

/* Reads the counters that rules use.  Returns whether any of them is not zero. */
static bool read_counters(const struct device_counts *counts, uint64_t raised[COUNTERS])
{
	uint64_t any = 0;

	for (uint32_t kind = 0; kind <= FAULTCAST_KIND_MAX; kind++)
		raised[kind] = raised_of_kind(counts, kind);
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		raised[COUNTER_AER + severity] = counts->aer[severity];
	raised[COUNTER_OTHER] = 0;
	for (size_t c = 0; c < COUNTERS; c++)
		any |= raised[c];
	return any;
}

/*
 * Finds the device, or adds it if it has raised something.  Returns NULL if the device has raised
 * nothing, or if memory is short.  If memory is short, @err is set to -ENOMEM.
 */
static struct health_device *device_of(struct health *health, const struct device_counts *counts,
				       uint64_t raised[COUNTERS], int *err)
{
	struct health_device *device = find(health, &counts->address);
	bool any = read_counters(counts, raised);

	if (device || !any)
		return device;
	device = add(health, &counts->address);
	if (!device)
		*err = -ENOMEM;
	return device;
}

/* Empties the buckets that are no longer in the window at @now_ns. */
static void move_on(const struct health_rule *rule, struct tally *tally, uint64_t now_ns)
{
	uint64_t now = now_ns / (rule->window_ns / (BUCKETS - 1) + 1);

	for (int i = 0; i < BUCKETS && tally->newest + i < now; i++)
		tally->buckets[(now - i) % BUCKETS] = 0;
	if (now > tally->newest)
		tally->newest = now;
}

static uint64_t in_window(const struct tally *tally)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++)
		sum += tally->buckets[i];
	return sum;
}

static void expire(const struct health_rule *rule, struct tally *tally, uint64_t now_ns)
{
	if (now_ns > tally->last_ns && now_ns - tally->last_ns >= rule->clear_after_ns)
		tally->holds = false;
}

static void count(const struct health_rule *rule, struct tally *tally, uint64_t n, uint64_t at_ns)
{
	uint32_t *bucket;

	if (!n)
		return;
	expire(rule, tally, at_ns);
	move_on(rule, tally, at_ns);
	bucket = &tally->buckets[tally->newest % BUCKETS];
	*bucket = n < UINT32_MAX - *bucket ? *bucket + (uint32_t)n : UINT32_MAX;
	if (at_ns > tally->last_ns)
		tally->last_ns = at_ns;
	if (in_window(tally) >= rule->threshold)
		tally->holds = true;
}

/* Counts @n faults of each kind, raised at @at_ns, for all rules. */
static void count_all(const struct health *health, struct health_device *device,
		      const uint64_t n[COUNTERS], uint64_t at_ns)
{
	for (size_t r = 0; r < health->num_rules; r++)
		count(&health->rules[r], &device->tallies[r], n[counted_by(&health->rules[r])],
		      at_ns);
}

int health_look(struct health *health, const struct device_counts *counts, size_t n,
		uint64_t now_ns)
{
	uint64_t raised[COUNTERS], more[COUNTERS];
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], raised, &err);

		if (!device)
			continue;
		for (size_t c = 0; c < COUNTERS; c++) {
			bool anew = raised[c] < device->counted[c];

			more[c] = anew ? raised[c] : raised[c] - device->counted[c];
			device->counted[c] = raised[c];
		}
		count_all(health, device, more, now_ns);
	}
	return err;
}

/*
 * Returns whether the device can be forgotten when its counters start again from zero: no rule
 * holds, and no fault is in the window of a rule.
 */
static bool is_quiet(const struct health *health, struct health_device *device, uint64_t now_ns)
{
	for (size_t r = 0; r < health->num_rules; r++) {
		move_on(&health->rules[r], &device->tallies[r], now_ns);
		if (device->tallies[r].holds || in_window(&device->tallies[r]))
			return false;
	}
	return true;
}

void health_new_counters(struct health *health, uint64_t now_ns)
{
	struct health_device **at = &health->devices, *device;

	while ((device = *at)) {
		if (is_quiet(health, device, now_ns)) {
			*at = device->next;
			tdelete(device, &health->by_address, compare);
			free_device(device);
			continue;
		}
		memset(device->counted, 0, sizeof(device->counted));
		for (size_t r = 0; r < health->num_rules; r++)
			device->tallies[r].last_ns = now_ns;
		at = &device->next;
	}
}

int health_begin(struct health *health, const struct device_counts *counts, size_t n)
{
	uint64_t raised[COUNTERS];
	int err = 0;

	health_fini(health);
	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], raised, &err);

		if (!device)
			continue;
		memcpy(device->counted, raised, sizeof(raised));
		memcpy(device->unreported, raised, sizeof(raised));
	}
	if (err)
		health_fini(health);
	return err;
}

void health_expect(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : find(health, &ev->device);
	size_t c = counter_of(ev->kind, ev->aer_severity);

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

void health_replay(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : find(health, &ev->device);
	uint64_t unpublished[COUNTERS];

	for (size_t c = 0; device && c < COUNTERS; c++) {
		unpublished[c] = ev->suppressed_before + ev->lost_before;
		if (unpublished[c] > device->unreported[c])
			unpublished[c] = device->unreported[c];
		device->unreported[c] -= unpublished[c];
	}
	for (size_t r = 0; device && r < health->num_rules; r++) {
		const struct health_rule *rule = &health->rules[r];
		struct tally *tally = &device->tallies[r];

		if (tally->kept)
			continue;
		count(rule, tally, unpublished[counted_by(rule)] + is_of(rule, ev), ev->mono_ns);
		if (tally->holds && !device->settled)
			device->reported = HEALTH_UNKNOWN;
	}
}

static bool rules_equal(const struct health_rule *a, const struct health_rule *b)
{
	return !strcmp(a->name, b->name) && a->kind == b->kind && a->severity == b->severity &&
	       a->threshold == b->threshold && a->window_ns == b->window_ns &&
	       a->state == b->state && a->clear_after_ns == b->clear_after_ns;
}

static const struct tally *tally_of(const struct health *health, const struct health_device *device,
				    const struct health_rule *rule)
{
	for (size_t r = 0; r < health->num_rules; r++)
		if (rules_equal(&health->rules[r], rule))
			return &device->tallies[r];
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

static void put_tallies(const struct health *health, struct health_device *device,
			struct tally *tallies, const struct health_rule *rules, size_t num)
{
	for (size_t r = 0; r < num; r++) {
		const struct tally *same = tally_of(health, device, &rules[r]);

		if (same)
			tallies[r] = *same;
		tallies[r].kept = same;
	}
	free(device->tallies);
	device->tallies = tallies;
	memcpy(device->unreported, device->counted, sizeof(device->counted));
}

int health_set_rules(struct health *health, const struct health_rule *rules, size_t num)
{
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
		put_tallies(health, device, tallies[i++], rules, num);
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

		expire(rule, &device->tallies[r], now_ns);
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
	const struct health_device *found = find(health, device);

	return found ? found->reported : HEALTH_OK;
}

struct walk {
	void (*each)(void *ctx, const struct address *device, enum health_state state);
	void *ctx;
};

static void visit(const void *node, VISIT when, void *closure)
{
	const struct health_device *device = *(const struct health_device *const *)node;
	const struct walk *walk = closure;

	if (when == postorder || when == leaf)
		walk->each(walk->ctx, &device->address, device->reported);
}

void health_each(const struct health *health,
		 void (*each)(void *ctx, const struct address *device, enum health_state state),
		 void *ctx)
{
	struct walk walk = { each, ctx };

	twalk_r(health->by_address, visit, &walk);
}

void health_fini(struct health *health)
{
	while (health->devices) {
		struct health_device *device = health->devices;

		health->devices = device->next;
		tdelete(device, &health->by_address, compare);
		free_device(device);
	}
}
