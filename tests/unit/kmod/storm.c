// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: storm control admits a burst and then exactly its rate, for one device and for
 * the host. Tokens that were taken and not used are returned. A new limit applies from
 * the next event on.
 *
 * This is kmod/core/storm.c itself, built against the stand-ins in tests/unit/kernel/, so
 * that UBSan sees overflows. tests/vm/selftest/storm.c runs the same tables on several
 * CPUs at once.
 */
#include "../../../kmod/core/storm.c"

#include "../../tables/storm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct faultcast_slot slots[STORM_SLOTS];

unsigned int faultcast_slot_num(void)
{
	return STORM_SLOTS;
}

struct faultcast_slot *faultcast_slot_at(u32 index)
{
	return &slots[index];
}

static int setup(void **state)
{
	(void)state;
	memset(slots, 0, sizeof(slots));
	faultcast_storm_set(0, 1);
	faultcast_storm_set_host(0, 1);
	return 0;
}

static void sequences(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(storm_sequences); i++) {
		u32 admitted = 0, step;

		setup(state);
		step = storm_wrong_step(&storm_sequences[i], &admitted);
		if (step)
			fail_msg("%s: step %u admitted %u", storm_sequences[i].what, step,
				 admitted);
	}
}

static void the_rate_is_exact_in_the_long_run(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(storm_runs); i++) {
		u64 least, most, count;

		setup(state);
		count = storm_admitted_in(&storm_runs[i], &least, &most);
		if (count < least || count > most)
			fail_msg("%s: %llu, not %llu to %llu", storm_runs[i].what, count, least,
				 most);
	}
}

static void limits_are_told(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(50, 11);
	faultcast_storm_set_device(&slots[0], 10, 2);
	assert_int_equal(faultcast_storm_limit()->rate, 100);
	assert_int_equal(faultcast_storm_limit()->burst, 5);
	assert_int_equal(faultcast_storm_host_limit()->rate, 50);
	assert_int_equal(faultcast_storm_host_limit()->burst, 8);
	assert_true(slots[0].has_limit);
	assert_int_equal(slots[0].limit.rate, 10);
	assert_int_equal(slots[0].limit.burst, 2);
	faultcast_storm_unset_device(&slots[0]);
	assert_false(slots[0].has_limit);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sequences, setup),
		cmocka_unit_test_setup(the_rate_is_exact_in_the_long_run, setup),
		cmocka_unit_test_setup(limits_are_told, setup),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
