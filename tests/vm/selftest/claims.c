// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: when any number of CPUs claim slots at once, in interrupts (kmod/core/slot.c),
 * one device gets one slot and two devices get two. A slot that is ready has its name. No
 * count is lost.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "check.h"

struct claimer {
	const char *what;
	/* Claims key @i of @keys. */
	u32 (*claim)(unsigned int i);
	unsigned int devices;
	unsigned int keys;
	unsigned int rounds;
};

static u16 colliding[16];

static u32 claim_one(unsigned int i)
{
	return faultcast_slot_claim_pci(3, 0x100);
}

static u32 claim_different(unsigned int i)
{
	return faultcast_slot_claim_pci(0, i);
}

static u32 claim_colliding(unsigned int i)
{
	return faultcast_slot_claim_pci(0, colliding[i]);
}

static u32 claim_named(unsigned int i)
{
	static const char *const devices[] = {
		"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11",
	};

	return faultcast_slot_claim_name("cxl", devices[i]);
}

static const struct claimer claimers[] = {
	{ "all CPUs claim one key", claim_one, 64, 1, 1000 },
	{ "all CPUs claim different keys", claim_different, 256, 32, 300 },
	{ "all CPUs claim keys that collide", claim_colliding, 64, ARRAY_SIZE(colliding), 500 },
	{ "all CPUs claim names", claim_named, 64, 12, 500 },
	{ "all CPUs claim more than there are", claim_different, 16, 32, 300 },
};

#define MAX_CPUS	8
#define MAX_KEYS	32

struct race {
	const struct claimer *claimer;
	u32 index[MAX_CPUS][MAX_KEYS];
};

/*
 * Even and odd CPUs start at opposite ends, so that they meet at the same key and at
 * different ones.
 */
static void claim_all(unsigned int nth, void *arg)
{
	struct race *race = arg;
	unsigned int keys = race->claimer->keys, i;

	if (nth >= MAX_CPUS)
		return;
	for (i = 0; i < keys; i++) {
		unsigned int key = nth & 1 ? keys - 1 - i : i;

		race->index[nth][key] = race->claimer->claim(key);
	}
}

/* All CPUs were given the same slots. Only the overflow slot is shared by several keys. */
static void expect_agreed(const struct race *race, unsigned int cpus)
{
	unsigned int keys = race->claimer->keys, key, other, nth;

	for (key = 0; key < keys; key++) {
		u32 index = race->index[0][key];

		for (nth = 1; nth < min_t(unsigned int, cpus, MAX_CPUS); nth++)
			expect_eq(race->index[nth][key], index);
		expect_eq(race->claimer->claim(key), index);
		for (other = 0; other < key && index != (faultcast_slot_num() - 1); other++)
			expect(race->index[0][other] != index);
	}
	expect_eq(check_used_slots(), min(keys, faultcast_slot_num() - 2));
}

static void run_claims(const void *row)
{
	struct race *race;
	unsigned int round, cpus, i;

	if (!check_several_cpus())
		return;
	race = kzalloc(sizeof(*race), GFP_KERNEL);
	if (!expect(race))
		return;
	race->claimer = row;
	if (check_begin(race->claimer->devices, 2)) {
		if (race->claimer->claim == claim_colliding)
			expect_eq(check_find_colliding(0, colliding, ARRAY_SIZE(colliding)),
				  ARRAY_SIZE(colliding));
		for (round = 0; round < race->claimer->rounds; round++) {
			cpus = check_on_all_cpus(claim_all, race);
			expect_agreed(race, cpus);
			for (i = 1; i < (faultcast_slot_num() - 1); i++)
				check_release_slot(i);
		}
		check_end();
	}
	kfree(race);
}

#define WATCHED	2000

/* Two names that differ in every letter. */
static const char *const watched[] = {
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
};

struct watch {
	atomic_t begun;		/* the round for which the watcher has emptied the table */
	atomic_t claimed;	/* the round whose claim has returned */
};

static int claim_watched(void *arg)
{
	struct watch *watch = arg;
	int i;

	for (i = 1; i <= WATCHED; i++) {
		while (atomic_read_acquire(&watch->begun) != i)
			cond_resched();
		faultcast_slot_claim_name("cxl", watched[i & 1]);
		atomic_set_release(&watch->claimed, i);
	}
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

/* Checks the name as soon as the slot is ready. */
static void watch_claims(struct watch *watch)
{
	struct faultcast_slot *slot = faultcast_slot_at(1);
	int i;

	for (i = 1; i <= WATCHED; i++) {
		check_release_slot(1);
		atomic_set_release(&watch->begun, i);
		while (!atomic_read_acquire(&slot->ready) && atomic_read(&watch->claimed) != i)
			cpu_relax();
		expect(!strncmp(slot->name, "cxl/", 4) && !strcmp(slot->name + 4, watched[i & 1]));
		while (atomic_read_acquire(&watch->claimed) != i)
			cond_resched();
		expect(atomic_read(&slot->ready));
	}
}

/* The table has only one free slot, so the slot to watch is known. */
static void ready_means_named(void)
{
	struct watch watch = { };
	struct task_struct *task;

	if (!check_several_cpus() || !check_begin(3, 2))
		return;
	task = kthread_create_on_cpu(claim_watched, &watch, cpumask_last(cpu_online_mask),
				     "faultcast_names/%u");
	if (expect(!IS_ERR(task))) {
		wake_up_process(task);
		watch_claims(&watch);
		kthread_stop(task);
	}
	check_end();
}

#define COUNTED	10000

static void count_many(unsigned int nth, void *arg)
{
	struct faultcast_event ev = {
		.slot = 1,
		.kind = FAULTCAST_KIND_AER,
		.aer_status = 0x80000001,
		.boot_ns = 1000 + nth,
	};
	unsigned int i;

	for (i = 0; i < COUNTED; i++)
		faultcast_slot_count(&ev);
}

static void counts_from_all_cpus(void)
{
	struct faultcast_slot *slot;
	unsigned int cpus;

	if (!check_several_cpus() || !check_begin(3, 2))
		return;
	slot = faultcast_slot_at(1);
	cpus = check_on_all_cpus(count_many, NULL);
	expect_eq(faultcast_slot_raised(slot), cpus * COUNTED);
	expect_eq(atomic64_read(&slot->aer_bits[0][0]), cpus * COUNTED);
	expect_eq(atomic64_read(&slot->aer_bits[0][31]), cpus * COUNTED);
	expect_eq(atomic64_read(&slot->aer_bits[0][FAULTCAST_AER_BIT_NONE]), 0);
	expect(atomic64_read(&slot->first_boot) >= 1000);
	check_end();
}

static const struct check_case cases[] = {
	{ "a slot that is ready has its name", ready_means_named },
	{ "counts from all CPUs add up", counts_from_all_cpus },
};

const struct check_group check_claims =
	CHECK_GROUP("slots", claimers, struct claimer, run_claims);
const struct check_group check_sharing =
	CHECK_GROUP("slots", cases, struct check_case, check_run_case);
