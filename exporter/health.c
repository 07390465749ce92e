// SPDX-License-Identifier: GPL-2.0-or-later
#include "health.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

/* The newest may just have begun: the others must cover the window. */
#define BUCKETS 16

/* Of one rule for one device. */
struct tally {
	uint64_t counted; /* of the kernel's counter */
	uint64_t untold;  /* of them, not told of by any event: for the replay */
	uint64_t last_ns;
	uint64_t newest; /* since time 0, in the width of a bucket */
	uint32_t buckets[BUCKETS];
	bool holds;
};

struct health_device {
	struct address address; /* first, so that an address can be looked for */
	struct health_device *next;
	enum health_state said;
	const struct health_rule *why; /* NULL: ok */
	struct tally tallies[];
};

const char *health_state_name(enum health_state state)
{
	static const char *const names[HEALTH_STATES] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok",
		[HEALTH_SUSPECT] = "suspect",
		[HEALTH_FAULTY] = "faulty",
	};

	return names[state];
}

static int compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

static struct health_device *find(const struct health *health, const struct address *address)
{
	void *node = tfind(address, &health->by_address, compare);

	return node ? *(struct health_device **)node : NULL;
}

static struct health_device *add(struct health *health, const struct address *address)
{
	struct health_device *device = calloc(
		1, sizeof(*device) + health->num_rules * sizeof(device->tallies[0]));

	if (!device)
		return NULL;
	device->address = *address;
	device->said = HEALTH_OK;
	if (!tsearch(device, &health->by_address, compare)) {
		free(device);
		return NULL;
	}
	device->next = health->devices;
	health->devices = device;
	return device;
}

static uint64_t raised(const struct health_rule *rule, const struct device_counts *counts)
{
	if (rule->kind == FAULTCAST_KIND_AER)
		return counts->aer[rule->severity];
	return raised_of_kind(counts, rule->kind);
}

static bool is_of(const struct health_rule *rule, const struct fault_event *ev)
{
	return ev->kind == rule->kind &&
	       (ev->kind != FAULTCAST_KIND_AER || ev->aer_severity == rule->severity);
}

/* Also adds a device that has raised something; without memory there is none. */
static struct health_device *device_of(struct health *health, const struct device_counts *counts,
				       int *err)
{
	struct health_device *device = find(health, &counts->address);
	uint64_t any = 0;

	if (device)
		return device;
	for (size_t i = 0; i < health->num_rules; i++)
		any |= raised(&health->rules[i], counts);
	if (!any)
		return NULL;
	device = add(health, &counts->address);
	if (!device)
		*err = -ENOMEM;
	return device;
}

/* Empties what the window has left behind. */
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

int health_look(struct health *health, const struct device_counts *counts, size_t n,
		uint64_t now_ns)
{
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], &err);

		for (size_t r = 0; device && r < health->num_rules; r++) {
			struct tally *tally = &device->tallies[r];
			uint64_t now = raised(&health->rules[r], &counts[i]);

			if (now < tally->counted)
				tally->counted = 0;
			count(&health->rules[r], tally, now - tally->counted, now_ns);
			tally->counted = now;
		}
	}
	return err;
}

/* Whether it can be forgotten once its counters are. */
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
			free(device);
			continue;
		}
		for (size_t r = 0; r < health->num_rules; r++) {
			device->tallies[r].counted = 0;
			device->tallies[r].last_ns = now_ns;
		}
		at = &device->next;
	}
}

int health_begin(struct health *health, const struct device_counts *counts, size_t n)
{
	int err = 0;

	health_fini(health);
	for (size_t i = 0; i < n; i++) {
		struct health_device *device = device_of(health, &counts[i], &err);

		for (size_t r = 0; device && r < health->num_rules; r++) {
			device->tallies[r].counted = raised(&health->rules[r], &counts[i]);
			device->tallies[r].untold = device->tallies[r].counted;
		}
	}
	if (err)
		health_fini(health);
	return err;
}

void health_expect(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : find(health, &ev->device);

	for (size_t r = 0; device && r < health->num_rules; r++) {
		struct tally *tally = &device->tallies[r];

		if (!is_of(&health->rules[r], ev))
			continue;
		/* Raised after the counters were read: the next look must not count it again. */
		if (tally->untold)
			tally->untold--;
		else
			tally->counted++;
	}
}

void health_replay(struct health *health, const struct fault_event *ev)
{
	struct health_device *device = ev->synthetic ? NULL : find(health, &ev->device);

	for (size_t r = 0; device && r < health->num_rules; r++) {
		struct tally *tally = &device->tallies[r];
		uint64_t n = ev->suppressed_before + ev->lost_before;

		if (n > tally->untold)
			n = tally->untold;
		tally->untold -= n;
		count(&health->rules[r], tally, n + is_of(&health->rules[r], ev), ev->mono_ns);
		if (tally->holds)
			device->said = HEALTH_UNKNOWN;
	}
}

/* The first of the worst rules that hold; NULL: none. */
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
		const struct health_rule *ended = device->why;
		const struct health_rule *why = worst(health, device, now_ns);
		struct health_change change = {
			.device = device->address,
			.from = device->said,
			.to = why ? why->state : HEALTH_OK,
		};

		device->why = why;
		device->said = change.to;
		if (change.to == change.from)
			continue;
		if (change.to > change.from)
			ended = why;
		if (ended)
			snprintf(change.rule, sizeof(change.rule), "%s", ended->name);
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

	return found ? found->said : HEALTH_OK;
}

void health_fini(struct health *health)
{
	while (health->devices) {
		struct health_device *device = health->devices;

		health->devices = device->next;
		tdelete(device, &health->by_address, compare);
		free(device);
	}
}
