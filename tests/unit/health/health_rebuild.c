// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: after a restart a device is judged by its retained events, with the same result
 * as without a restart. Faults that no event reports are not invented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "health_card.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"
#include "model/names.h"

struct past {
	uint64_t at_ns;
	uint32_t kind;
	uint32_t severity;
	uint64_t unpublished;
	bool synthetic;
};

#define DMA FAULTCAST_KIND_IO_PAGE_FAULT
#define AER FAULTCAST_KIND_AER

#define FAULT(at, ...)                                                                             \
	{                                                                                          \
		.at_ns = START + (at), .kind = DMA, ##__VA_ARGS__                                  \
	}
#define REPORT(at, how, ...)                                                                       \
	{                                                                                          \
		.at_ns = START + (at), .kind = AER, .severity = FAULTCAST_SEVERITY_##how,          \
		##__VA_ARGS__                                                                      \
	}
#define SUMMARY(at, n)                                                                             \
	{                                                                                          \
		.at_ns = START + (at), .kind = FAULTCAST_KIND_SUPPRESSED, .unpublished = (n)       \
	}

/*
 * Every case restarts an hour after START. It expects @to and @rule at once, and @then
 * after one more I/O page fault.
 */
static const struct {
	const char *what;
	struct counts raised;
	struct past events[12]; /* the first entry with at_ns 0 ends the list */
	enum health_state to;	/* UNKNOWN: no change */
	const char *rule;
	enum health_state then;
} pasts[] = {
	{ "nothing", { .read = 0 }, { { .at_ns = 0 } }, HEALTH_UNKNOWN, "", HEALTH_SUSPECT },
	{ "faults without retained events",
	  { .read = 500 },
	  { { .at_ns = 0 } },
	  HEALTH_UNKNOWN,
	  "",
	  HEALTH_SUSPECT },
	{ "one, 5 minutes ago",
	  { .read = 1 },
	  { FAULT(55 * MINUTE) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "one, an hour ago", { .read = 1 }, { FAULT(1) }, HEALTH_OK, "", HEALTH_SUSPECT },
	{ "a synthetic event is no fault",
	  { .others = 1 },
	  { FAULT(55 * MINUTE, .synthetic = true) },
	  HEALTH_UNKNOWN,
	  "",
	  HEALTH_SUSPECT },
	{ "a synthetic event beside a real fault is no fault",
	  { .read = 1 },
	  { FAULT(1), FAULT(55 * MINUTE, .synthetic = true) },
	  HEALTH_OK,
	  "",
	  HEALTH_SUSPECT },
	{ "nine retained faults and one new one are ten",
	  { .read = 9 },
	  { FAULT(HOUR - SECOND, .unpublished = 8) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_FAULTY },
	{ "a storm with few retained events, 5 minutes ago",
	  { .read = 10 },
	  { FAULT(55 * MINUTE), SUMMARY(55 * MINUTE + SECOND, 9) },
	  HEALTH_FAULTY,
	  "io_page_fault_repeated",
	  HEALTH_FAULTY },
	{ "a storm, and after an hour of quiet one more",
	  { .read = 11 },
	  { FAULT(-HOUR), SUMMARY(-HOUR + SECOND, 9), FAULT(55 * MINUTE) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "suppressed faults may be of any kind that was raised",
	  { .read = 1, .corrected = 500 },
	  { REPORT(55 * MINUTE, CORRECTED), FAULT(55 * MINUTE, .unpublished = 499) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "suppressed faults of a kind that also has events",
	  { .read = 10, .corrected = 500 },
	  { FAULT(1 * MINUTE, .unpublished = 499), FAULT(3 * MINUTE), FAULT(5 * MINUTE),
	    FAULT(7 * MINUTE), FAULT(9 * MINUTE), FAULT(11 * MINUTE), FAULT(13 * MINUTE),
	    FAULT(15 * MINUTE), FAULT(17 * MINUTE), FAULT(50 * MINUTE) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "suppressed faults that were counted already",
	  { .read = 9, .corrected = 50 },
	  { FAULT(50 * MINUTE), SUMMARY(50 * MINUTE + SECOND, 8),
	    REPORT(50 * MINUTE + 2 * SECOND, CORRECTED, .unpublished = 49) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "events newer than the counters are counted once",
	  { .read = 2 },
	  { FAULT(HOUR - SECOND), FAULT(HOUR - SECOND), FAULT(HOUR - 4), FAULT(HOUR - 3),
	    FAULT(HOUR - 2), FAULT(HOUR - 1) },
	  HEALTH_SUSPECT,
	  "io_page_fault_seen",
	  HEALTH_SUSPECT },
	{ "a device that began to fault meanwhile",
	  { .read = 0 },
	  { FAULT(HOUR - 1) },
	  HEALTH_UNKNOWN,
	  "",
	  HEALTH_SUSPECT },
};

static struct fault_event event_of(const struct past *past)
{
	return (struct fault_event){
		.device = card,
		.kind = past->kind,
		.aer_severity = past->severity,
		.mono_ns = past->at_ns,
		.suppressed_before = past->unpublished,
		.synthetic = past->synthetic,
	};
}

static void rebuild(struct health *health, const struct device_counts *counts,
		    const struct past *events, size_t max)
{
	assert_int_equal(health_begin(health, counts, 1), 0);
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t n = 0; n < max && events[n].at_ns; n++) {
			const struct fault_event ev = event_of(&events[n]);

			(pass ? health_replay : health_expect)(health, &ev);
		}
	}
}

/* The kernel's counter after one more fault: all faults that the events report, plus one. */
static uint64_t read_next(const struct past *events, size_t max, uint64_t before)
{
	uint64_t told = 0;

	for (size_t n = 0; n < max && events[n].at_ns; n++)
		told += events[n].kind == DMA && !events[n].synthetic;
	return (told > before ? told : before) + 1;
}

static void rebuilds_from_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pasts); i++) {
		const size_t max = ARRAY_SIZE(pasts[i].events);
		struct health health = DEFAULT_RULES;
		struct device_counts counts = counts_of(&pasts[i].raised);
		struct said said = { .times = 0 };
		const uint64_t now = START + HOUR;

		rebuild(&health, &counts, pasts[i].events, max);
		health_settle(&health, now, note, &said);
		expect_said(pasts[i].what, 0, &said, HEALTH_UNKNOWN, pasts[i].to, pasts[i].rule);
		counts.io_page_faults[FAULTCAST_ACCESS_READ] = read_next(pasts[i].events, max,
									 pasts[i].raised.read);
		assert_int_equal(health_look(&health, &counts, 1, now), 0);
		health_settle(&health, now, note, &said);
		if (health_of(&health, &card) != pasts[i].then)
			fail_msg("%s: then %s", pasts[i].what,
				 health_state_name(health_of(&health, &card)));
		health_fini(&health);
	}
}

#define ROUNDS 300
#define FAULTS 200

static uint64_t random_below(uint64_t limit)
{
	return ((uint64_t)rand() << 31 | (uint64_t)rand()) % limit;
}

/*
 * Bursts of faults with pauses between them. Fatal errors are rare, because each counts
 * for a day.
 */
static uint64_t make_past(struct past *events, struct device_counts *counts, struct health *live)
{
	static const uint64_t pauses[] = { 5 * SECOND, 2 * MINUTE, 20 * MINUTE, 2 * HOUR };
	struct said said = { .times = 0 };
	uint64_t now = START;

	for (size_t n = 0; n < FAULTS; n++) {
		now += random_below(rand() % 3 ? 10 * SECOND : pauses[rand() % 4]);
		events[n] = (struct past){ .at_ns = now, .kind = rand() % 2 ? DMA : AER };
		if (events[n].kind == DMA) {
			counts->io_page_faults[FAULTCAST_ACCESS_READ]++;
		} else {
			if (random_below(1000))
				events[n].severity = rand() % 2 ? FAULTCAST_SEVERITY_NONFATAL
								: FAULTCAST_SEVERITY_CORRECTED;
			else
				events[n].severity = FAULTCAST_SEVERITY_FATAL;
			counts->aer[events[n].severity]++;
		}
		assert_int_equal(health_look(live, counts, 1, now), 0);
		health_settle(live, now, note, &said);
	}
	return now;
}

static void a_restart_changes_nothing(void **state)
{
	static struct past events[FAULTS];
	unsigned int seen[HEALTH_STATES] = { 0 };

	(void)state;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		struct health live = DEFAULT_RULES, rebuilt = DEFAULT_RULES;
		struct device_counts counts = { .address = card };
		struct said said = { .times = 0 };
		uint64_t now = make_past(events, &counts, &live);

		now += random_below(round % 2 ? 20 * MINUTE : 2 * HOUR);
		health_settle(&live, now, note, &said);
		rebuild(&rebuilt, &counts, events, FAULTS);
		health_settle(&rebuilt, now, note, &said);
		assert_int_equal(health_of(&rebuilt, &card), health_of(&live, &card));
		assert_int_equal(health_deadline(&rebuilt), health_deadline(&live));
		seen[health_of(&live, &card)]++;
		health_fini(&live);
		health_fini(&rebuilt);
	}
	/* Each state must occur, otherwise the comparison has tested nothing. */
	for (int i = HEALTH_OK; i < HEALTH_STATES; i++)
		assert_true(seen[i] > ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rebuilds_from_events),
		cmocka_unit_test(a_restart_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
