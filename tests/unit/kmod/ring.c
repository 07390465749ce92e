// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the observer of an event ring takes each record once, in order, for both
 * conventions of the registers. A hook that runs before the driver takes a record misses
 * none, although a look is bounded and most calls need none. It survives a ring that begins
 * anew. An observer that is too late says how many records it lost.
 *
 * This is kmod/probe/ring.c itself, built against the stand-ins in tests/unit/kernel/.
 */
#include "../../../kmod/probe/ring.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../tables/ring.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct ring_model model;

static void scripts_are_played(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ring_scripts); i++) {
		const struct ring_script *script = &ring_scripts[i];

		if (!ring_model_run(&model, script))
			fail_msg("%s: not played", script->what);
		if (strcmp(model.seen, script->seen) != 0 || model.ring.lost != script->lost ||
		    model.ring.resumed != script->resumed ||
		    (script->looks && model.looks != script->looks))
			fail_msg("%s: seen %s, lost %llu, resumed %llu, %u looks", script->what,
				 model.seen, (unsigned long long)model.ring.lost,
				 (unsigned long long)model.ring.resumed, model.looks);
	}
}

static void random_courses_are_exact(void **state)
{
	(void)state;
	for (u32 seed = 0; seed < 2000; seed++)
		if (!ring_model_chance(&model, seed))
			fail_msg("seed %u: recorded %u, seen %s, lost %llu, resumed %llu", seed,
				 model.number, model.seen, (unsigned long long)model.ring.lost,
				 (unsigned long long)model.ring.resumed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_played),
		cmocka_unit_test(random_courses_are_exact),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
