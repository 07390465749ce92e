// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a device's health gets worse exactly when a rule's threshold is reached within
 * its window. It gets better exactly when the rule's time of quiet has passed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "health_card.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/names.h"

struct step {
	uint64_t at_ns;
	struct counts raised;
	/* The change that the step reports; none if both are UNKNOWN. */
	enum health_state from, to;
	const char *rule;
	bool new_counters;
};

/* A step without a change of health, and one after the counters restarted from 0. */
#define SAME(at, ...)                                                                              \
	{                                                                                          \
		.at_ns = START + (at), .raised = { __VA_ARGS__ }                                   \
	}
#define SAME_NEW(at, ...)                                                                          \
	{                                                                                          \
		.at_ns = START + (at), .raised = { __VA_ARGS__ }, .new_counters = true             \
	}
#define SAYS(at, was, is, by, ...)                                                                 \
	{                                                                                          \
		.at_ns = START + (at), .raised = { __VA_ARGS__ }, .from = HEALTH_##was,            \
		.to = HEALTH_##is, .rule = by                                                      \
	}
#define SAYS_NEW(at, was, is, by, ...)                                                             \
	{                                                                                          \
		.at_ns = START + (at), .raised = { __VA_ARGS__ }, .from = HEALTH_##was,            \
		.to = HEALTH_##is, .rule = by, .new_counters = true                                \
	}
#define STEPS_MAX 5

static const struct {
	const char *what;
	struct step steps[STEPS_MAX]; /* the first entry with at_ns 0 ends the list */
} cases[] = {
	{ "faults that no rule counts", { SAME(0, .others = 1000), SAME(MINUTE, .others = 2000) } },
	{ "one I/O page fault, and 15 minutes of quiet",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 1), SAME(15 * MINUTE - 1, .read = 1),
	    SAYS(15 * MINUTE, SUSPECT, OK, "io_page_fault_seen", .read = 1),
	    SAME(16 * MINUTE, .read = 1) } },
	{ "one more starts the quiet anew",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .write = 1),
	    SAME(14 * MINUTE, .read = 1, .write = 1), SAME(28 * MINUTE, .read = 1, .write = 1),
	    SAYS(29 * MINUTE, SUSPECT, OK, "io_page_fault_seen", .read = 1, .write = 1) } },
	{ "nine in a minute",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 4),
	    SAME(59 * SECOND, .read = 4, .write = 5) } },
	{ "ten in a minute, and an hour of quiet: ok in one step",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 4),
	    SAYS(MINUTE, SUSPECT, FAULTY, "io_page_fault_repeated", .read = 4, .write = 6),
	    SAME(30 * MINUTE, .read = 4, .write = 6),
	    SAYS(61 * MINUTE, FAULTY, OK, "io_page_fault_repeated", .read = 4, .write = 6) } },
	{ "a late fault of another kind: faulty becomes suspect first",
	  { SAYS(0, OK, FAULTY, "io_page_fault_repeated", .read = 10),
	    SAME(59 * MINUTE, .read = 10, .interrupt = 1),
	    SAYS(60 * MINUTE, FAULTY, SUSPECT, "io_page_fault_repeated", .read = 10,
		 .interrupt = 1),
	    SAYS(74 * MINUTE, SUSPECT, OK, "interrupt_remapping_seen", .read = 10,
		 .interrupt = 1) } },
	{ "ten, but over more than a minute and its fifteenth",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 9), SAME(65 * SECOND, .read = 10),
	    SAME(130 * SECOND, .read = 18) } },
	{ "a storm at one look",
	  { SAYS(0, OK, FAULTY, "io_page_fault_repeated", .write = 1ULL << 40),
	    SAME(SECOND, .write = 1ULL << 41) } },
	{ "interrupts",
	  { SAYS(0, OK, SUSPECT, "interrupt_remapping_seen", .interrupt = 1),
	    SAYS(SECOND, SUSPECT, FAULTY, "interrupt_remapping_repeated", .interrupt = 10) } },
	{ "kinds do not add up",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 9, .interrupt = 9, .nonfatal = 9,
		 .corrected = 99) } },
	{ "a fatal error, for a day",
	  { SAYS(0, OK, FAULTY, "aer_fatal_seen", .fatal = 1), SAME(24 * HOUR - 1, .fatal = 1),
	    SAYS(24 * HOUR, FAULTY, OK, "aer_fatal_seen", .fatal = 1) } },
	{ "nonfatal errors",
	  { SAYS(0, OK, SUSPECT, "aer_nonfatal_seen", .nonfatal = 1),
	    SAYS(9 * MINUTE, SUSPECT, FAULTY, "aer_nonfatal_repeated", .nonfatal = 10) } },
	{ "corrected errors",
	  { SAME(0, .corrected = 99), SAME(11 * MINUTE, .corrected = 198),
	    SAYS(20 * MINUTE, OK, SUSPECT, "aer_corrected_repeated", .corrected = 199),
	    SAYS(35 * MINUTE, SUSPECT, OK, "aer_corrected_repeated", .corrected = 199) } },
	{ "counters that went down have restarted",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 5), SAME(SECOND, .read = 4),
	    SAYS(2 * SECOND, SUSPECT, FAULTY, "io_page_fault_repeated", .read = 5) } },
	{ "restarted counters count from 0, even if they exceed the old ones",
	  { SAYS(0, OK, SUSPECT, "io_page_fault_seen", .read = 4),
	    SAYS_NEW(SECOND, SUSPECT, FAULTY, "io_page_fault_repeated", .read = 6) } },
	{ "with restarted counters the time of quiet begins again",
	  { SAYS(0, OK, FAULTY, "aer_fatal_seen", .fatal = 1), SAME_NEW(25 * HOUR, .fatal = 0),
	    SAME(48 * HOUR, .fatal = 0),
	    SAYS(49 * HOUR, FAULTY, OK, "aer_fatal_seen", .fatal = 0) } },
	{ "with restarted counters the window continues",
	  { SAME(0, .corrected = 60),
	    SAYS_NEW(MINUTE, OK, SUSPECT, "aer_corrected_repeated", .corrected = 40) } },
	{ "an hour later the window is empty",
	  { SAME(0, .corrected = 60), SAME_NEW(HOUR, .corrected = 60),
	    SAME(HOUR + SECOND, .corrected = 99),
	    SAYS(HOUR + 2 * SECOND, OK, SUSPECT, "aer_corrected_repeated", .corrected = 100) } },
};

static void judges_by_the_default_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct health health = DEFAULT_RULES;

		for (size_t n = 0; n < STEPS_MAX && cases[i].steps[n].at_ns; n++) {
			const struct step *step = &cases[i].steps[n];
			const struct device_counts counts = counts_of(&step->raised);
			struct said said = { .times = 0 };

			/* A rule clears at its deadline, and not before. */
			if (step->to && step->to < step->from)
				assert_int_equal(health_deadline(&health), step->at_ns);
			if (step->new_counters)
				health_new_counters(&health, step->at_ns);
			assert_int_equal(health_look(&health, &counts, 1, step->at_ns), 0);
			health_settle(&health, step->at_ns, note, &said);
			expect_said(cases[i].what, n, &said, step->from, step->to, step->rule);
		}
		health_fini(&health);
	}
}

/* A window is never shorter than its rule says, and at most 1/15 longer. */
static void windows_are_kept(void **state)
{
	const struct health_rule *rule = &health_default_rules[1];
	const struct device_counts first = counts_of(&(struct counts){ .read = 9 });
	const struct device_counts then = counts_of(&(struct counts){ .read = 10 });

	(void)state;
	assert_int_equal(rule->threshold, 10);
	assert_int_equal(rule->window_ns, MINUTE);
	for (uint64_t at = START; at < START + MINUTE; at += SECOND / 3) {
		struct health within = DEFAULT_RULES, beyond = DEFAULT_RULES;
		struct said said = { .times = 0 };

		health_look(&within, &first, 1, at);
		health_look(&within, &then, 1, at + MINUTE);
		health_settle(&within, at + MINUTE, note, &said);
		assert_int_equal(health_of(&within, &card), HEALTH_FAULTY);
		health_look(&beyond, &first, 1, at);
		health_look(&beyond, &then, 1, at + 64 * SECOND + SECOND / 100);
		health_settle(&beyond, at + 65 * SECOND, note, &said);
		assert_int_equal(health_of(&beyond, &card), HEALTH_SUSPECT);
		health_fini(&within);
		health_fini(&beyond);
	}
}

static void largest_threshold_is_reached(void **state)
{
	static const struct health_rule rule = { .name = "most",
						 .kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
						 .threshold = UINT32_MAX,
						 .window_ns = MINUTE,
						 .state = HEALTH_FAULTY,
						 .clear_after_ns = HOUR };
	struct health health = { .rules = &rule, .num_rules = 1 };
	struct device_counts counts = counts_of(&(struct counts){ .interrupt = UINT32_MAX - 1 });
	struct said said = { .times = 0 };

	(void)state;
	health_look(&health, &counts, 1, START);
	health_settle(&health, START, note, &said);
	assert_int_equal(health_of(&health, &card), HEALTH_OK);
	counts.interrupt_remapping += 2;
	health_look(&health, &counts, 1, START);
	health_settle(&health, START, note, &said);
	assert_int_equal(health_of(&health, &card), HEALTH_FAULTY);
	health_fini(&health);
}

#define DEVICES 4096

static void note_each(void *ctx, const struct health_change *change)
{
	unsigned int *changes = ctx;

	changes[change->to]++;
}

static size_t num_devices(const struct health *health, const struct device_counts *counts, size_t n,
			  enum health_state state)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += health_of(health, &counts[i].address) == state;
	return found;
}

/* Devices of every address type are judged separately. A device that needs no state has none. */
static void keeps_devices_apart(void **state)
{
	static struct device_counts counts[DEVICES];
	struct health health = DEFAULT_RULES;
	unsigned int changes[HEALTH_STATES] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < DEVICES; i++) {
		counts[i].address = (struct address){ .type = ADDRESS_PCI,
						      .segment = i % 3,
						      .bdf = (uint16_t)(i * 7919) };
		if (i % 4 == 1) {
			counts[i].address.type = ADDRESS_NAME;
			snprintf(counts[i].address.name, ADDRESS_LEN, "platform/%u", i);
		}
		counts[i].interrupt_remapping = i % 2 ? i % 4 * 5 : 0;
	}
	counts[0].address.type = ADDRESS_UNKNOWN;
	counts[2].address.type = ADDRESS_OVERFLOW;
	assert_int_equal(health_look(&health, counts, DEVICES, START), 0);
	health_settle(&health, START, note_each, changes);
	assert_int_equal(changes[HEALTH_SUSPECT], DEVICES / 4);
	assert_int_equal(changes[HEALTH_FAULTY], DEVICES / 4);
	assert_int_equal(num_devices(&health, counts, DEVICES, HEALTH_SUSPECT), DEVICES / 4);
	assert_int_equal(num_devices(&health, counts, DEVICES, HEALTH_FAULTY), DEVICES / 4);
	assert_int_equal(num_devices(&health, counts, DEVICES, HEALTH_OK), DEVICES / 2);

	health_settle(&health, START + 15 * MINUTE, note_each, changes);
	health_new_counters(&health, START + 15 * MINUTE);
	assert_int_equal(num_devices(&health, counts, DEVICES, HEALTH_FAULTY), DEVICES / 4);
	health_settle(&health, START + 75 * MINUTE, note_each, changes);
	assert_int_equal(changes[HEALTH_OK], DEVICES / 2);
	assert_int_equal(health_deadline(&health), UINT64_MAX);
	health_new_counters(&health, START + 75 * MINUTE);
	assert_null(health.devices);
	health_fini(&health);
}

static void default_rules_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < health_num_default_rules; i++) {
		const struct health_rule *rule = &health_default_rules[i];

		assert_in_range(strlen(rule->name), 1, HEALTH_RULE_LEN - 1);
		assert_string_not_equal(kind_name(rule->kind), "unknown");
		assert_in_range(rule->severity, 0, FAULTCAST_SEVERITY_MAX);
		assert_in_range(rule->state, HEALTH_SUSPECT, HEALTH_FAULTY);
		assert_true(rule->threshold > 0);
		/*
		 * Otherwise a device could be ok again with enough faults in the window
		 * to make it worse.
		 */
		assert_true(rule->clear_after_ns > rule->window_ns);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rule->name, health_default_rules[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_by_the_default_rules),
		cmocka_unit_test(windows_are_kept),
		cmocka_unit_test(largest_threshold_is_reached),
		cmocka_unit_test(keeps_devices_apart),
		cmocka_unit_test(default_rules_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
