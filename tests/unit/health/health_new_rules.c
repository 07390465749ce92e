// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: after a change of the rules, rules that stay keep their state, and new rules
 * start from the retained events. Removed rules have no effect any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "health_card.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/health.h"
#include "model/names.h"

#define DMA_RULE(what, n, within, is)                                                              \
	{                                                                                          \
		.name = what, .kind = FAULTCAST_KIND_IO_PAGE_FAULT, .threshold = n,                \
		.window_ns = within, .state = HEALTH_##is, .clear_after_ns = HOUR                  \
	}

static const struct health_rule three = DMA_RULE("three", 3, MINUTE, SUSPECT);
static const struct health_rule five = DMA_RULE("five", 5, MINUTE, FAULTY);
static const struct health_rule five_in_hour = DMA_RULE("five", 5, HOUR, FAULTY);
static const struct health_rule fatal = {
	.name = "fatal",
	.kind = FAULTCAST_KIND_AER,
	.severity = FAULTCAST_SEVERITY_FATAL,
	.threshold = 1,
	.state = HEALTH_FAULTY,
	.clear_after_ns = HOUR,
};

#define RULES_MAX 2

/*
 * @raised faults happen under the rules @before, then the rules become @after. The newest
 * @told of these faults are retained as events. Then @more faults happen.
 */
static const struct {
	const char *what;
	struct health_rule before[RULES_MAX], after[RULES_MAX];
	unsigned int raised, told, more;
	enum health_state was, becomes, then;
	const char *by; /* the rule that the change names; NULL: no change */
} cases[] = {
	{ "the same rule, though nothing is retained",
	  { three },
	  { three, fatal },
	  2,
	  0,
	  1,
	  HEALTH_OK,
	  HEALTH_OK,
	  HEALTH_SUSPECT,
	  NULL },
	{ "in another order",
	  { three, five },
	  { five, three },
	  4,
	  0,
	  1,
	  HEALTH_SUSPECT,
	  HEALTH_SUSPECT,
	  HEALTH_FAULTY,
	  NULL },
	{ "a rule that stays counts no fault twice",
	  { three },
	  { three, five },
	  2,
	  2,
	  0,
	  HEALTH_OK,
	  HEALTH_OK,
	  HEALTH_OK,
	  NULL },
	{ "a new rule that holds by the retained events",
	  { three },
	  { three, five },
	  5,
	  5,
	  0,
	  HEALTH_SUSPECT,
	  HEALTH_FAULTY,
	  HEALTH_FAULTY,
	  "five" },
	{ "a new rule begins with the retained events",
	  { three },
	  { three, five },
	  6,
	  4,
	  1,
	  HEALTH_SUSPECT,
	  HEALTH_SUSPECT,
	  HEALTH_FAULTY,
	  NULL },
	{ "a new rule for faults without retained events",
	  { three },
	  { five },
	  4,
	  0,
	  4,
	  HEALTH_SUSPECT,
	  HEALTH_OK,
	  HEALTH_OK,
	  "three" },
	{ "a different rule with the same name",
	  { five },
	  { five_in_hour },
	  4,
	  0,
	  4,
	  HEALTH_OK,
	  HEALTH_OK,
	  HEALTH_OK,
	  NULL },
	{ "no rules any more",
	  { five },
	  { { .threshold = 0 } },
	  5,
	  5,
	  9,
	  HEALTH_FAULTY,
	  HEALTH_OK,
	  HEALTH_OK,
	  "five" },
};

static size_t count_rules(const struct health_rule *rules)
{
	size_t n = 0;

	while (n < RULES_MAX && rules[n].threshold)
		n++;
	return n;
}

static void tell(struct health *health, unsigned int first, unsigned int end)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = first; i < end; i++) {
			const struct fault_event ev = {
				.device = card,
				.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
				.mono_ns = START + i,
			};

			(pass ? health_replay : health_expect)(health, &ev);
		}
	}
}

static void look(struct health *health, uint64_t raised, struct said *said)
{
	const struct counts c = { .read = raised };
	const struct device_counts counts = counts_of(&c);

	*said = (struct said){ .times = 0 };
	assert_int_equal(health_look(health, &counts, 1, START + raised), 0);
	health_settle(health, START + raised, note, said);
}

static void rules_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const unsigned int raised = cases[i].raised;
		struct health health = { .rules = cases[i].before,
					 .num_rules = count_rules(cases[i].before) };
		struct said said = { .times = 0 };

		look(&health, raised, &said);
		if (health_of(&health, &card) != cases[i].was)
			fail_msg("%s: it was %s", cases[i].what,
				 health_state_name(health_of(&health, &card)));
		assert_int_equal(
			health_set_rules(&health, cases[i].after, count_rules(cases[i].after)), 0);
		tell(&health, raised - cases[i].told, raised);
		said.times = 0;
		health_settle(&health, START + raised, note, &said);
		expect_said(cases[i].what, 0, &said, cases[i].was,
			    cases[i].by ? cases[i].becomes : HEALTH_UNKNOWN,
			    cases[i].by ? cases[i].by : "");
		if (health_of(&health, &card) != cases[i].becomes)
			fail_msg("%s: it becomes %s", cases[i].what,
				 health_state_name(health_of(&health, &card)));
		look(&health, raised + cases[i].more, &said);
		if (health_of(&health, &card) != cases[i].then)
			fail_msg("%s: it is %s then", cases[i].what,
				 health_state_name(health_of(&health, &card)));
		health_fini(&health);
	}
}

static const struct {
	const char *what;
	struct health_rule rules[RULES_MAX];
	bool equal;
} lists[] = {
	{ "the same", { three, five }, true },
	{ "another order", { five, three }, false },
	{ "fewer", { three }, false },
	{ "another window", { three, five_in_hour }, false },
};

static void equal_rules_are_known(void **state)
{
	const struct health_rule rules[] = { three, five };
	const struct health health = { .rules = rules, .num_rules = 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (health_has_rules(&health, lists[i].rules, count_rules(lists[i].rules)) !=
		    lists[i].equal)
			fail_msg("%s: %d", lists[i].what, !lists[i].equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_change),
		cmocka_unit_test(equal_rules_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
