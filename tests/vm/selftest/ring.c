// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the observer of an event ring (kmod/probe/ring.c) passes in a kernel, with the
 * kernel's compiler and flags, the scripts that it passes in user space.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/string.h>

#include "check.h"
#include "probe/ring.h"
#include "tables/ring.h"

static struct ring_model model;

static void run_script(const void *row)
{
	const struct ring_script *script = row;

	expect(ring_model_run(&model, script));
	if (!expect(!strcmp(model.seen, script->seen)))
		check_note("seen %s; expected: %s", model.seen, script->seen);
	expect_eq(model.ring.lost, script->lost);
	expect_eq(model.ring.resumed, script->resumed);
	if (script->looks)
		expect_eq(model.looks, script->looks);
}

static void random_courses(void)
{
	u32 seed;

	for (seed = 0; seed < 100; seed++)
		if (!expect(ring_model_chance(&model, seed)))
			check_note("seed %u: recorded %u, seen %s", seed, model.number, model.seen);
}

static const struct check_case cases[] = {
	{ "random courses are exact", random_courses },
};

const struct check_group check_ring_scripts =
	CHECK_GROUP("ring", ring_scripts, struct ring_script, run_script);
const struct check_group check_ring = CHECK_GROUP("ring", cases, struct check_case, check_run_case);
