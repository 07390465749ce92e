// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the first rule that matches a fault, and the rules with the same conditions, count the
 * fault.  A device with known noise can be exempted without any effect on other devices.  A rule
 * for a fault reason counts the events that name the reason.  Faults whose reason nobody knows are
 * counted by every rule that could match, so that no exemption hides a storm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "health_card.h"
#include "model/event.h"
#include "model/names.h"

#define DMA FAULTCAST_KIND_IO_PAGE_FAULT
#define ALL(what, how_many, is)                                                                    \
	{                                                                                          \
		.name = what, .kind = DMA, .threshold = (how_many), .window_ns = MINUTE,           \
		.state = HEALTH_##is, .clear_after_ns = HOUR                                       \
	}
#define SCOPED(what, how_many, is, ...)                                                            \
	{                                                                                          \
		.name = what, .kind = DMA, .threshold = (how_many), .window_ns = MINUTE,           \
		.state = HEALTH_##is, .clear_after_ns = HOUR, .scope = {                           \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define FATAL(what, ...)                                                                           \
	{                                                                                          \
		.name = what, .kind = FAULTCAST_KIND_AER, .severity = FAULTCAST_SEVERITY_FATAL,    \
		.threshold = 1, .state = HEALTH_FAULTY, .clear_after_ns = HOUR, .scope = {         \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

static const struct address graphics = { .type = ADDRESS_PCI, .bdf = 0x10 };
static const struct address dma_engine = { .type = ADDRESS_NAME, .name = "platform/1.dma" };
static const struct address nobody = { .type = ADDRESS_UNKNOWN };

static const struct health_rule every[] = {
	SCOPED("a", 1, SUSPECT, .device = "0000:00:02.0"),
	SCOPED("b", 9, FAULTY, .device = "0000:00:02.0"),
	SCOPED("c", 1, SUSPECT, .id = "8086:*", .reason = 6),
	SCOPED("d", 1, SUSPECT, .driver = "vfio*"),
	SCOPED("e", 1, SUSPECT, .slot = "4", .driver = "nvme"),
	SCOPED("f", 1, SUSPECT, .device = "platform/*"),
	SCOPED("g", 1, SUSPECT, .slot = "*"),
	SCOPED("h", 9, FAULTY, .id = "8086:*", .reason = 6),
	ALL("i", 1, SUSPECT),
	ALL("j", 9, FAULTY),
	FATAL("k", .driver = "nvme"),
	FATAL("l", .reason = 0),
};

#define INTEL .vendor_id = 0x8086, .device_id = 0x3e92
#define UNNAMED UINT32_MAX /* no event has reported the fault */

static const struct {
	const char *what;
	const struct address *device;
	struct device_identity identity;
	uint32_t kind, severity, reason;
	const char *counted_by;
} subjects[] = {
	{ "a device by its address", &graphics, { INTEL }, DMA, 0, 6, "ab" },
	{ "the same without an identity", &graphics, { .vendor_id = 0 }, DMA, 0, 0, "ab" },
	{ "the reason", &card, { INTEL }, DMA, 0, 6, "ch" },
	{ "another reason", &card, { INTEL }, DMA, 0, 5, "ij" },
	{ "an event without a reason", &card, { INTEL }, DMA, 0, 0, "ij" },
	{ "a reason that nobody knows", &card, { INTEL }, DMA, 0, UNNAMED, "chij" },
	{ "the same with a driver",
	  &card,
	  { INTEL, .driver = "vfio-pci" },
	  DMA,
	  0,
	  UNNAMED,
	  "cdh" },
	{ "another vendor", &card, { .vendor_id = 0x10de }, DMA, 0, UNNAMED, "ij" },
	{ "a vendor that is not known", &card, { .vendor_id = 0 }, DMA, 0, 6, "ij" },
	{ "a driver", &card, { .driver = "VFIO-pci" }, DMA, 0, 6, "d" },
	{ "slot and driver", &card, { .driver = "nvme", .physical_slot = "4" }, DMA, 0, 0, "e" },
	{ "the slot alone", &card, { .physical_slot = "4" }, DMA, 0, 0, "g" },
	{ "the driver alone", &card, { .driver = "nvme" }, DMA, 0, 0, "ij" },
	{ "the start of a name",
	  &card,
	  { .driver = "nvme", .physical_slot = "40" },
	  DMA,
	  0,
	  0,
	  "g" },
	{ "a device that is not PCI", &dma_engine, { .driver = "" }, DMA, 0, 0, "f" },
	{ "the unknown device", &nobody, { .driver = "" }, DMA, 0, 0, "ij" },
	{ "a severity",
	  &card,
	  { .driver = "nvme" },
	  FAULTCAST_KIND_AER,
	  FAULTCAST_SEVERITY_FATAL,
	  0,
	  "k" },
	{ "a severity of others",
	  &card,
	  { INTEL },
	  FAULTCAST_KIND_AER,
	  FAULTCAST_SEVERITY_FATAL,
	  0,
	  "l" },
	{ "a severity without rules",
	  &card,
	  { .driver = "nvme" },
	  FAULTCAST_KIND_AER,
	  FAULTCAST_SEVERITY_CORRECTED,
	  0,
	  "" },
};

static void first_match_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		const struct fault_event ev = {
			.device = *subjects[i].device,
			.identity = subjects[i].identity,
			.kind = subjects[i].kind,
			.aer_severity = subjects[i].severity,
			.has_reason = subjects[i].reason,
			.reason = subjects[i].reason,
		};
		struct rule_subject subject = rule_subject_of(&ev);
		char names[sizeof(uint64_t) * 8 + 1] = "";
		uint64_t bits;
		size_t n = 0;

		subject.knows_reason = subjects[i].reason != UNNAMED;
		for (bits = rules_for(every, ARRAY_SIZE(every), &subject); bits; bits &= bits - 1)
			names[n++] = *every[__builtin_ctzll(bits)].name;
		if (strcmp(names, subjects[i].counted_by) != 0)
			fail_msg("%s: counted by \"%s\" instead of \"%s\"", subjects[i].what, names,
				 subjects[i].counted_by);
	}
}

static const struct health_rule seen = ALL("seen", 1, SUSPECT);
static const struct health_rule repeated = ALL("repeated", 10, FAULTY);
#define EXEMPT SCOPED("noise", 1000, SUSPECT, .device = "0000:00:02.0")

static void look(struct health *health, const struct address *device, uint64_t raised,
		 uint64_t now_ns)
{
	const struct device_counts counts = {
		.address = *device,
		.io_page_faults = { [FAULTCAST_ACCESS_WRITE] = raised },
	};
	struct said said = { .times = 0 };

	assert_int_equal(health_look(health, &counts, 1, now_ns), 0);
	health_settle(health, now_ns, note, &said);
}

static void expect_state(const char *what, const struct health *health,
			 const struct address *device, enum health_state state)
{
	enum health_state is = health_of(health, device);

	if (is != state)
		fail_msg("%s: %s instead of %s", what, health_state_name(is),
			 health_state_name(state));
}

static void exempts_a_device(void **state)
{
	const struct health_rule rules[] = { EXEMPT, seen, repeated };
	struct health health = { .rules = rules, .num_rules = ARRAY_SIZE(rules) };

	(void)state;
	look(&health, &graphics, 999, START);
	expect_state("noise", &health, &graphics, HEALTH_OK);
	look(&health, &card, 1, START);
	expect_state("another device", &health, &card, HEALTH_SUSPECT);
	look(&health, &graphics, 1000, START + SECOND);
	expect_state("more than noise", &health, &graphics, HEALTH_SUSPECT);
	health_fini(&health);
}

/* An exemption ends the state of the exempted device, and of no other, though nothing is retained.
 */
static void exempts_later(void **state)
{
	const struct health_rule before[] = { seen, repeated };
	const struct health_rule after[] = { EXEMPT, seen, repeated };
	struct health health = { .rules = before, .num_rules = ARRAY_SIZE(before) };
	struct said said = { .times = 0 };

	(void)state;
	look(&health, &graphics, 20, START);
	look(&health, &card, 20, START);
	expect_state("before", &health, &graphics, HEALTH_FAULTY);
	assert_int_equal(health_set_rules(&health, after, ARRAY_SIZE(after)), 0);
	health_settle(&health, START + SECOND, note, &said);
	expect_state("exempted", &health, &graphics, HEALTH_OK);
	expect_state("another device", &health, &card, HEALTH_FAULTY);
	assert_int_equal(health_set_rules(&health, before, ARRAY_SIZE(before)), 0);
	look(&health, &graphics, 30, START + 2 * SECOND);
	expect_state("no longer exempted", &health, &graphics, HEALTH_FAULTY);
	health_fini(&health);
}

#define NOISE 6
#define OTHER 5

static const struct health_rule by_reason[] = {
	SCOPED("noise", 1000, SUSPECT, .reason = NOISE),
	SCOPED("much_noise", 5000, FAULTY, .reason = NOISE),
	ALL("seen", 1, SUSPECT),
	ALL("repeated", 10, FAULTY),
};

/* The faults and events between two looks, and the state that the look finds. */
struct step {
	uint64_t raised;	   /* how much the kernel's counter grows */
	unsigned int noise, other; /* events that arrive */
	enum health_state state;
};

static const struct {
	const char *what;
	struct step steps[5]; /* ends with state UNKNOWN */
} reasons[] = {
	{ "noise is exempt", { { 20, 20, 0, HEALTH_OK }, { 20, 20, 0, HEALTH_OK } } },
	{ "other faults are not", { { 1, 0, 1, HEALTH_SUSPECT }, { 9, 0, 9, HEALTH_FAULTY } } },
	{ "among noise too", { { 21, 20, 1, HEALTH_SUSPECT }, { 40, 40, 0, HEALTH_SUSPECT } } },
	{ "counted before the events arrive",
	  { { 20, 0, 0, HEALTH_OK }, { 0, 20, 0, HEALTH_OK }, { 20, 20, 0, HEALTH_OK } } },
	{ "counted after the events arrive",
	  { { 0, 20, 0, HEALTH_OK }, { 20, 0, 0, HEALTH_OK }, { 20, 20, 0, HEALTH_OK } } },
	{ "much of it is no longer noise",
	  { { 999, 999, 0, HEALTH_OK },
	    { 1, 1, 0, HEALTH_SUSPECT },
	    { 4000, 4000, 0, HEALTH_FAULTY } } },
	{ "a storm without events", { { 10, 0, 0, HEALTH_OK }, { 0, 0, 0, HEALTH_FAULTY } } },
	{ "a storm behind noise", { { 30, 20, 0, HEALTH_OK }, { 0, 0, 0, HEALTH_FAULTY } } },
	{ "events may report faults of before the last look, so the sum is right a look later",
	  { { 25, 20, 0, HEALTH_OK }, { 25, 20, 0, HEALTH_OK }, { 0, 0, 0, HEALTH_FAULTY } } },
	{ "one fault without an event counts once",
	  { { 1, 0, 0, HEALTH_OK },
	    { 0, 0, 0, HEALTH_SUSPECT },
	    { 8, 0, 8, HEALTH_SUSPECT },
	    { 1, 0, 1, HEALTH_FAULTY } } },
	{ "suppressed faults may be noise too",
	  { { 1000, 0, 0, HEALTH_OK }, { 4000, 0, 0, HEALTH_FAULTY } } },
};

static void tell(struct health *health, uint32_t reason, unsigned int times, uint64_t now_ns)
{
	const struct fault_event ev = {
		.device = card, .kind = DMA, .has_reason = true, .reason = reason
	};

	while (times--)
		health_event(health, &ev, now_ns);
}

static void judges_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct health health = { .rules = by_reason, .num_rules = ARRAY_SIZE(by_reason) };
		const struct step *step = reasons[i].steps;
		uint64_t raised = 0, now_ns = START;

		for (; step->state != HEALTH_UNKNOWN; step++) {
			now_ns += SECOND;
			tell(&health, NOISE, step->noise, now_ns);
			tell(&health, OTHER, step->other, now_ns);
			raised += step->raised;
			look(&health, &card, raised, now_ns);
			expect_state(reasons[i].what, &health, &card, step->state);
		}
		health_fini(&health);
	}
}

/* A look that has counted faults without events needs another look, and only this. */
static void awaits_events(void **state)
{
	struct health health = { .rules = by_reason, .num_rules = ARRAY_SIZE(by_reason) };

	(void)state;
	look(&health, &card, 3, START);
	assert_true(health_awaits_events(&health));
	tell(&health, NOISE, 2, START + SECOND);
	look(&health, &card, 3, START + SECOND);
	assert_false(health_awaits_events(&health));
	expect_state("one without an event", &health, &card, HEALTH_SUSPECT);
	/* Without a rule for a reason, nothing waits for events. */
	assert_int_equal(health_set_rules(&health, &seen, 1), 0);
	look(&health, &card, 4, START + 2 * SECOND);
	assert_false(health_awaits_events(&health));
	health_fini(&health);
}

/* Restarts with @told retained events of a reason, before which others were suppressed. */
static const struct {
	const char *what;
	uint32_t reason;
	uint64_t raised, suppressed;
	unsigned int told;
	enum health_state state;
} pasts[] = {
	{ "noise", NOISE, 20, 0, 20, HEALTH_OK },
	{ "others", OTHER, 20, 0, 20, HEALTH_FAULTY },
	{ "noise with others", NOISE, 30, 10, 20, HEALTH_FAULTY },
	{ "not retained", NOISE, 30, 0, 20, HEALTH_OK },
};

static void restarts_with_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pasts); i++) {
		struct health health = { .rules = by_reason, .num_rules = ARRAY_SIZE(by_reason) };
		const struct counts c = { .read = pasts[i].raised };
		const struct device_counts counts = counts_of(&c);

		assert_int_equal(health_begin(&health, &counts, 1), 0);
		for (int pass = 0; pass < 2; pass++) {
			for (unsigned int n = 0; n < pasts[i].told; n++) {
				const struct fault_event ev = {
					.device = card,
					.kind = DMA,
					.has_reason = true,
					.reason = pasts[i].reason,
					.mono_ns = START,
					.suppressed_before = n ? 0 : pasts[i].suppressed,
				};

				(pass ? health_replay : health_expect)(&health, &ev);
			}
		}
		look(&health, &card, pasts[i].raised, START + SECOND);
		look(&health, &card, pasts[i].raised, START + 2 * SECOND);
		expect_state(pasts[i].what, &health, &card, pasts[i].state);
		health_fini(&health);
	}
}

/*
 * Rules for a reason come with a reload.  The replay has the events up to the last look; later
 * events are read again, and the look after them counts none of these events twice.
 */
static void reloads_with_reasons(void **state)
{
	const struct fault_event ev = {
		.device = card, .kind = DMA, .has_reason = true, .reason = OTHER, .mono_ns = START
	};
	const struct health_rule without[] = { seen };
	struct health health = { .rules = without, .num_rules = 1 };

	(void)state;
	tell(&health, OTHER, 5, START);
	look(&health, &card, 5, START);
	tell(&health, OTHER, 4, START);
	assert_int_equal(health_set_rules(&health, by_reason, ARRAY_SIZE(by_reason)), 0);
	for (int n = 0; n < 5; n++)
		health_expect(&health, &ev);
	for (int n = 0; n < 5; n++)
		health_replay(&health, &ev);
	for (int n = 0; n < 4; n++)
		health_event_again(&health, &ev, START + SECOND);
	look(&health, &card, 9, START + SECOND);
	look(&health, &card, 9, START + 2 * SECOND);
	expect_state("nine", &health, &card, HEALTH_SUSPECT);
	tell(&health, OTHER, 1, START + 3 * SECOND);
	look(&health, &card, 10, START + 3 * SECOND);
	expect_state("ten", &health, &card, HEALTH_FAULTY);
	health_fini(&health);
}

/* After a reload of the module the counters and the events start again. */
static void module_is_reloaded(void **state)
{
	struct health health = { .rules = by_reason, .num_rules = ARRAY_SIZE(by_reason) };

	(void)state;
	tell(&health, NOISE, 20, START);
	/* The event of one fault is gone with the module. */
	look(&health, &card, 21, START);
	health_new_counters(&health, START + SECOND);
	tell(&health, NOISE, 20, START + SECOND);
	look(&health, &card, 20, START + SECOND);
	look(&health, &card, 20, START + 2 * SECOND);
	expect_state("noise", &health, &card, HEALTH_OK);
	tell(&health, OTHER, 1, START + 2 * SECOND);
	look(&health, &card, 21, START + 2 * SECOND);
	expect_state("one fault", &health, &card, HEALTH_SUSPECT);
	health_fini(&health);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_match_counts),	cmocka_unit_test(exempts_a_device),
		cmocka_unit_test(exempts_later),	cmocka_unit_test(judges_reasons),
		cmocka_unit_test(awaits_events),	cmocka_unit_test(restarts_with_reasons),
		cmocka_unit_test(reloads_with_reasons), cmocka_unit_test(module_is_reloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
