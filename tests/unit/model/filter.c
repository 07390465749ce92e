// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a filter passes exactly the events that it names, and an empty filter passes
 * all events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/address.h"
#include "model/event.h"
#include "model/filter.h"
#include "model/health.h"
#include "model/names.h"

#define CARD                                                                                       \
	{                                                                                          \
		.type = ADDRESS_PCI, .segment = 1, .bdf = 0x0318                                   \
	}
#define MMU                                                                                        \
	{                                                                                          \
		.type = ADDRESS_NAME, .name = "platform/mmu"                                       \
	}
#define KIND(name) (1U << FAULTCAST_KIND_##name)

static const struct event_filter all;

static const struct {
	const char *what;
	struct event_filter filter;
	struct fault_event event;
	bool matches;
} cases[] = {
	{ "all, any", { .num_devices = 0 }, { .device = CARD, .kind = FAULTCAST_KIND_AER }, true },
	{ "all, an unknown kind", { .num_devices = 0 }, { .kind = 77 }, true },
	{ "device", { .devices = { CARD }, .num_devices = 1 }, { .device = CARD }, true },
	{ "other function",
	  { .devices = { CARD }, .num_devices = 1 },
	  { .device = { .type = ADDRESS_PCI, .segment = 1, .bdf = 0x0319 } },
	  false },
	{ "other segment",
	  { .devices = { CARD }, .num_devices = 1 },
	  { .device = { .type = ADDRESS_PCI, .segment = 0, .bdf = 0x0318 } },
	  false },
	{ "second device",
	  { .devices = { MMU, CARD }, .num_devices = 2 },
	  { .device = CARD },
	  true },
	{ "behind the last device",
	  { .devices = { MMU, CARD }, .num_devices = 1 },
	  { .device = CARD },
	  false },
	{ "name", { .devices = { MMU }, .num_devices = 1 }, { .device = MMU }, true },
	{ "other name",
	  { .devices = { MMU }, .num_devices = 1 },
	  { .device = { .type = ADDRESS_NAME, .name = "platform/mm" } },
	  false },
	{ "unknown device",
	  { .devices = { { .type = ADDRESS_UNKNOWN } }, .num_devices = 1 },
	  { .slot = 3 },
	  true },
	{ "a filter for unknown excludes PCI devices",
	  { .devices = { { .type = ADDRESS_UNKNOWN } }, .num_devices = 1 },
	  { .device = CARD },
	  false },
	{ "kind", { .kinds = KIND(AER) }, { .kind = FAULTCAST_KIND_AER }, true },
	{ "two kinds",
	  { .kinds = KIND(AER) | KIND(SUPPRESSED) },
	  { .kind = FAULTCAST_KIND_SUPPRESSED },
	  true },
	{ "other kind", { .kinds = KIND(AER) }, { .kind = FAULTCAST_KIND_LINK }, false },
	{ "kinds, an unknown kind", { .kinds = UINT32_MAX }, { .kind = 32 }, false },
	{ "at since", { .since_ns = 100 }, { .real_ns = 100 }, true },
	{ "before since", { .since_ns = 100 }, { .real_ns = 99 }, false },
	{ "before until", { .until_ns = 100 }, { .real_ns = 99 }, true },
	{ "at until", { .until_ns = 100 }, { .real_ns = 100 }, false },
	{ "no until", { .since_ns = 100 }, { .real_ns = UINT64_MAX }, true },
	{ "device and kind, only one of them matches",
	  { .devices = { CARD }, .num_devices = 1, .kinds = KIND(AER) },
	  { .device = CARD, .kind = FAULTCAST_KIND_LINK },
	  false },
	{ "kind and time, only one of them matches",
	  { .kinds = KIND(AER), .until_ns = 5 },
	  { .kind = FAULTCAST_KIND_AER, .real_ns = 5 },
	  false },
};

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fault_event *ev = &cases[i].event;
		const struct health_change change = { .device = ev->device,
						      .real_ns = ev->real_ns };
		struct event_filter any_kind = cases[i].filter;

		if (filter_matches(&cases[i].filter, ev) != cases[i].matches)
			fail_msg("%s: got %d", cases[i].what, !cases[i].matches);
		/*
		 * Health changes match by device and time only; the filter's kinds do not
		 * apply to them.
		 */
		any_kind.kinds = 0;
		if (filter_wants_health(&cases[i].filter, &change) != filter_matches(&any_kind, ev))
			fail_msg("%s: health", cases[i].what);
	}
}

static void knows_all(void **state)
{
	static const struct event_filter some[] = { { .devices = { CARD }, .num_devices = 1 },
						    { .kinds = KIND(LINK) },
						    { .since_ns = 1 },
						    { .until_ns = 1 } };

	(void)state;
	assert_true(filter_is_all(&all));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_false(filter_is_all(&some[i]));
}

/* Every kind has a name, and each name parses to its kind. */
static void kinds_round_trip(void **state)
{
	(void)state;
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++) {
		const char *name = kind_name(kind);

		assert_string_not_equal(name, "unknown");
		assert_int_equal(kind_parse(name, strlen(name)), kind);
		assert_int_equal(kind_parse(name, strlen(name) - 1), 0);
	}
	assert_string_equal(kind_name(0), "unknown");
	assert_string_equal(kind_name(FAULTCAST_KIND_MAX + 1), "unknown");
	assert_int_equal(kind_parse("unknown", 7), 0);
	assert_int_equal(kind_parse("AER", 3), 0);
	assert_int_equal(kind_parse("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(knows_all),
		cmocka_unit_test(kinds_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
