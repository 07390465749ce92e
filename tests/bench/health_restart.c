// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares five ways in which an exporter that has just started can judge the health of a device.
 * The correct result is that of a judge that was never restarted.  Each device has a random past of
 * single faults and storms, of which storm control held most back, and the exporter restarts at a
 * random moment after the last fault:
 *
 *   nothing     the counters at the start are the base line, only later faults count
 *   counters    all that the counters contain is counted as if it had happened now
 *   last-fault  a rule holds if its threshold is in the counters and the device's last fault
 *               (FAULTCAST_A_DEVICE_LAST_REAL) is younger than the rule's time of quiet
 *   events      the retained events say when faults happened; only the events are counted
 *   replay      the same, and the suppressed faults that they mention (health_replay())
 *
 * Prints, for each way, how many devices it judges better and worse than they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "health/judge.h"

#define SECOND NSEC_PER_SEC
#define MINUTE (60 * SECOND)
#define DEVICES 3000
#define BURSTS_MAX 12
#define EVENTS_MAX (BURSTS_MAX * 32)
#define PUBLISHED_MAX 30

enum way { NOTHING, COUNTERS, LAST_FAULT, EVENTS, REPLAY, WAYS };

static const char *const way_names[WAYS] = { "nothing", "counters", "last-fault", "events",
					     "replay" };

/* The number of faults of a storm that the module publishes, before a summary of the rest. */
static uint64_t published_max;

static const struct address card = { .type = ADDRESS_PCI, .bdf = 0x300 };

struct past {
	struct fault_event events[EVENTS_MAX];
	size_t num_events;
	struct device_counts counts;
	uint64_t last_ns;
	struct health live;
};

static uint64_t random_below(uint64_t limit)
{
	return ((uint64_t)rand() << 31 | (uint64_t)rand()) % limit;
}

static void ignore_change(void *ctx, const struct health_change *change)
{
	(void)ctx;
	(void)change;
}

static void add_event(struct past *past, const struct fault_event *ev)
{
	if (past->num_events == EVENTS_MAX)
		abort();
	past->events[past->num_events++] = *ev;
}

/* @n faults at once: some are published, the others are in the summary a second later. */
static void burst(struct past *past, uint64_t n, uint64_t at_ns)
{
	struct fault_event ev = { .device = card, .mono_ns = at_ns };
	uint64_t published = n < published_max ? n : published_max;

	ev.kind = rand() % 2 ? FAULTCAST_KIND_IO_PAGE_FAULT : FAULTCAST_KIND_AER;
	ev.aer_severity = rand() % 2 ? FAULTCAST_SEVERITY_NONFATAL : FAULTCAST_SEVERITY_CORRECTED;
	if (ev.kind == FAULTCAST_KIND_AER)
		past->counts.aer[ev.aer_severity] += n;
	else
		past->counts.io_page_faults[FAULTCAST_ACCESS_READ] += n;
	for (uint64_t i = 0; i < published; i++)
		add_event(past, &ev);
	if (n > published) {
		ev.kind = FAULTCAST_KIND_SUPPRESSED;
		ev.mono_ns += SECOND;
		ev.suppressed_before = n - published;
		add_event(past, &ev);
	}
	health_look(&past->live, &past->counts, 1, at_ns);
	health_settle(&past->live, at_ns, ignore_change, NULL);
	past->last_ns = at_ns;
}

/* Returns when the exporter restarts. */
static uint64_t make_past(struct past *past)
{
	static const uint64_t sizes[] = { 1, 3, 20, 1000 };
	uint64_t now = 1000 * MINUTE;
	unsigned int bursts = 1 + (unsigned int)(rand() % BURSTS_MAX);

	*past = (struct past){ .counts = { .address = card } };
	past->live.rules = health_default_rules;
	past->live.num_rules = health_num_default_rules;
	for (unsigned int i = 0; i < bursts; i++) {
		now += random_below(rand() % 2 ? 2 * MINUTE : 180 * MINUTE);
		burst(past, 1 + random_below(sizes[rand() % 4]), now);
	}
	now += 2 * SECOND + random_below(90 * MINUTE);
	health_settle(&past->live, now, ignore_change, NULL);
	return now;
}

static uint64_t counted_by(const struct health_rule *rule, const struct device_counts *counts)
{
	if (rule->kind == FAULTCAST_KIND_AER)
		return counts->aer[rule->severity];
	return raised_of_kind(counts, rule->kind);
}

static enum health_state by_last_fault(const struct past *past, uint64_t now)
{
	enum health_state worst = HEALTH_OK;

	for (size_t r = 0; r < health_num_default_rules; r++) {
		const struct health_rule *rule = &health_default_rules[r];

		if (counted_by(rule, &past->counts) >= rule->threshold &&
		    now - past->last_ns < rule->clear_after_ns && rule->state > worst)
			worst = rule->state;
	}
	return worst;
}

static void replay(struct health *health, const struct past *past, bool with_suppressed)
{
	for (size_t i = 0; i < past->num_events; i++)
		health_expect(health, &past->events[i]);
	for (size_t i = 0; i < past->num_events; i++) {
		struct fault_event ev = past->events[i];

		if (!with_suppressed)
			ev.suppressed_before = 0;
		health_replay(health, &ev);
	}
}

static enum health_state restarted(enum way way, const struct past *past, uint64_t now)
{
	struct health health = { .rules = health_default_rules,
				 .num_rules = health_num_default_rules };
	enum health_state state;

	if (way == LAST_FAULT)
		return by_last_fault(past, now);
	if (way == COUNTERS)
		health_look(&health, &past->counts, 1, now);
	else
		health_begin(&health, &past->counts, 1);
	if (way == EVENTS || way == REPLAY)
		replay(&health, past, way == REPLAY);
	health_settle(&health, now, ignore_change, NULL);
	state = health_of(&health, &card);
	health_fini(&health);
	return state;
}

static void compare_ways(void)
{
	static struct past past;
	unsigned int better[WAYS] = { 0 }, worse[WAYS] = { 0 }, truly[HEALTH_STATES] = { 0 };

	srand(1);
	for (int i = 0; i < DEVICES; i++) {
		uint64_t now = make_past(&past);
		enum health_state truth = health_of(&past.live, &card);

		truly[truth]++;
		for (enum way way = NOTHING; way < WAYS; way++) {
			enum health_state state = restarted(way, &past, now);

			better[way] += state < truth;
			worse[way] += state > truth;
		}
		health_fini(&past.live);
	}
	printf("%d devices at a restart, %llu faults of a storm are published: %u ok, %u suspect, "
	       "%u faulty\n",
	       DEVICES, (unsigned long long)published_max, truly[HEALTH_OK], truly[HEALTH_SUSPECT],
	       truly[HEALTH_FAULTY]);
	printf("%-11s %20s %20s\n", "judged by", "said to be better", "said to be worse");
	for (enum way way = NOTHING; way < WAYS; way++)
		printf("%-11s %20u %20u\n", way_names[way], better[way], worse[way]);
}

int main(void)
{
	for (published_max = PUBLISHED_MAX; published_max > 1; published_max /= 5)
		compare_ways();
	return EXIT_SUCCESS;
}
