// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: storm control admits a burst and then exactly its rate, for a device
 * and for all together, from any number of CPUs; what it took and did not use it
 * gives back; and a new limit holds from the next event on.
 * This is kmod/storm.c itself, against the stand-ins in tests/unit/kernel/.
 */
#include <sched.h>

/* For the threads: now and then the other one has its turn at the worst moment. */
static __thread unsigned int reads;
#define STANDIN_AFTER_READ() (++reads % 4096 ? 0 : sched_yield())

#include "../../kmod/storm.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SLOTS 4
#define SECOND 1000000000ULL
#define MS 1000000ULL
#define BOOT (5 * SECOND) /* an uptime */

static struct faultcast_slot slots[SLOTS];

unsigned int faultcast_registry_size(void)
{
	return SLOTS;
}

struct faultcast_slot *faultcast_registry_slot(u32 index)
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

/* How many of @offered events at @now are admitted. */
static u64 admitted(struct faultcast_slot *slot, u64 now, u64 offered)
{
	u64 count = 0;

	while (offered--)
		count += faultcast_storm_admit(slot, FAULTCAST_BUCKET_REAL, now);
	return count;
}

static void burst_then_rate(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 5);
	assert_int_equal(admitted(&slots[0], BOOT + 10 * MS - 1, 50), 0);
	assert_int_equal(admitted(&slots[0], BOOT + 10 * MS, 50), 1);
	assert_int_equal(admitted(&slots[0], BOOT + 40 * MS, 50), 3);
	/* Silence saves up one burst, not more. */
	assert_int_equal(admitted(&slots[0], BOOT + 3600 * SECOND, 50), 5);
	assert_int_equal(admitted(&slots[1], BOOT, 50), 5);
}

static void burst_of_one(void **state)
{
	(void)state;
	faultcast_storm_set(1, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 9), 1);
	assert_int_equal(admitted(&slots[0], BOOT + SECOND - 1, 9), 0);
	assert_int_equal(admitted(&slots[0], BOOT + SECOND, 9), 1);
}

static const struct {
	u32 rate;
	u32 burst;
	u64 step_ns;
	u64 seconds;
} runs[] = {
	{ 1, 1, 10 * MS, 10000 }, { 3, 2, MS, 1000 },	   { 7, 100, 999983, 1000 },
	{ 100, 512, MS, 1000 },	  { 100, 2, 7919, 10 },	   { 1000, 10, 10007, 50 },
	{ 2000, 512, MS, 500 },	  { 100000, 2, 997, 1 },   { 1000000, 2000, MS, 3 },
	{ 500000000, 10, 1, 0 },  { 1000000000, 1, 1, 0 },
};

/* Always offered more than it may have, in steps that do not fit its interval. */
static void the_rate_is_exact_in_the_long_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		u64 end = runs[i].seconds ? runs[i].seconds * SECOND : MS;
		u64 most = runs[i].burst + end * runs[i].rate / SECOND, count = 0, t;

		setup(NULL);
		faultcast_storm_set(runs[i].rate, runs[i].burst);
		for (t = 0; t <= end; t += runs[i].step_ns)
			while (faultcast_storm_admit(&slots[0], FAULTCAST_BUCKET_REAL, BOOT + t))
				count++;
		/* At the end a step's worth may not have been offered yet. */
		if (count > most || count + 1 + runs[i].rate * runs[i].step_ns / SECOND < most)
			fail_msg("rate %u burst %u: %llu instead of %llu", runs[i].rate,
				 runs[i].burst, count, most);
	}
}

static void refund(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(100, 7);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 5);
	faultcast_storm_refund(&slots[0], FAULTCAST_BUCKET_REAL);
	faultcast_storm_refund(&slots[0], FAULTCAST_BUCKET_REAL);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 2);
	/* The host has got its back too. */
	assert_int_equal(admitted(&slots[1], BOOT, 50), 2);
	for (int i = 0; i < 7; i++)
		faultcast_storm_refund(&slots[i < 5 ? 0 : 1], FAULTCAST_BUCKET_REAL);
	assert_int_equal(admitted(&slots[1], BOOT, 50), 5);
	assert_int_equal(admitted(&slots[2], BOOT, 50), 2);
}

static void refund_without_limit_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(admitted(&slots[0], BOOT, 5), 5);
	for (int i = 0; i < 5; i++)
		faultcast_storm_refund(&slots[0], FAULTCAST_BUCKET_REAL);
	faultcast_storm_set(100, 5);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 5);
}

static void the_host_caps_all_devices_together(void **state)
{
	u64 count = 0;

	(void)state;
	faultcast_storm_set(100, 10);
	faultcast_storm_set_host(50, 8);
	for (u64 round = 0; round < 10; round++)
		for (size_t i = 0; i < SLOTS; i++)
			count += faultcast_storm_admit(&slots[i], FAULTCAST_BUCKET_REAL, BOOT);
	assert_int_equal(count, 8);
	for (u64 t = MS; t <= 10 * SECOND; t += MS)
		for (size_t i = 0; i < SLOTS; i++)
			count += faultcast_storm_admit(&slots[i], FAULTCAST_BUCKET_REAL, BOOT + t);
	assert_int_equal(count, 8 + 50 * 10);
}

/* A device that the host's limit refused has not used up its own. */
static void refused_by_the_host_costs_the_device_nothing(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(10, 2);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 2);
	assert_int_equal(admitted(&slots[1], BOOT, 50), 0);
	faultcast_storm_set_host(0, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 3);
	assert_int_equal(admitted(&slots[1], BOOT, 50), 5);
}

/* And one that its own limit refused has not used up the host's. */
static void refused_by_the_device_costs_the_host_nothing(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(10, 8);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 5);
	assert_int_equal(admitted(&slots[1], BOOT, 50), 3);
}

static void a_device_may_have_limits_of_its_own(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	faultcast_storm_set_device(&slots[0], 10, 2);
	faultcast_storm_set_device(&slots[1], 0, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 2);
	assert_int_equal(admitted(&slots[0], BOOT + 100 * MS, 50), 1);
	assert_int_equal(admitted(&slots[1], BOOT, 5000), 5000);
	assert_int_equal(admitted(&slots[2], BOOT, 50), 5);
	assert_int_equal(faultcast_storm_limit()->rate, 100);
	assert_int_equal(faultcast_storm_limit()->burst, 5);
	assert_int_equal(slots[0].limit.rate, 10);
	assert_int_equal(slots[0].limit.burst, 2);
	/* The global one leaves them alone, and what they have used. */
	faultcast_storm_set(1000, 20);
	assert_int_equal(admitted(&slots[0], BOOT + 100 * MS, 50), 0);
	assert_int_equal(admitted(&slots[2], BOOT + 100 * MS, 50), 20);
	faultcast_storm_refund(&slots[0], FAULTCAST_BUCKET_REAL);
	assert_int_equal(admitted(&slots[0], BOOT + 100 * MS, 50), 1);
}

static void rate_0_is_no_limit(void **state)
{
	(void)state;
	assert_int_equal(admitted(&slots[0], BOOT, 100000), 100000);
	assert_int_equal(admitted(&slots[0], 0, 100000), 100000);
	faultcast_storm_set(1, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 10), 1);
	faultcast_storm_set(0, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 100000), 100000);
	faultcast_storm_set_host(1, 3);
	assert_int_equal(admitted(&slots[0], BOOT, 100), 3);
	faultcast_storm_set_host(0, 3);
	assert_int_equal(admitted(&slots[0], BOOT, 100), 100);
}

/* What was due by the old limit is up to a burst of it away, here 1000 s. */
static void a_new_limit_holds_at_once(void **state)
{
	(void)state;
	faultcast_storm_set(1, 1000);
	assert_int_equal(admitted(&slots[0], BOOT, 2000), 1000);
	faultcast_storm_set(1000, 2);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 2);
	assert_int_equal(admitted(&slots[0], BOOT + MS, 50), 1);
	faultcast_storm_set_device(&slots[0], 1, 1000);
	assert_int_equal(admitted(&slots[0], BOOT + MS, 2000), 1000);
	faultcast_storm_set_device(&slots[0], 1000, 2);
	assert_int_equal(admitted(&slots[0], BOOT + MS, 50), 2);
	faultcast_storm_set_device(&slots[0], 0, 2);
	faultcast_storm_set_host(1, 1000);
	assert_int_equal(faultcast_storm_host_limit()->rate, 1);
	assert_int_equal(admitted(&slots[0], BOOT + MS, 2000), 1000);
	faultcast_storm_set_host(1000, 2);
	assert_int_equal(faultcast_storm_host_limit()->rate, 1000);
	assert_int_equal(admitted(&slots[0], BOOT + MS, 50), 2);
	assert_int_equal(admitted(&slots[0], BOOT + 2 * MS, 50), 1);
}

static void time_stands_still_or_goes_back(void **state)
{
	(void)state;
	faultcast_storm_set(100, 5);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(admitted(&slots[0], BOOT, 1), i < 5);
	/* Two CPUs' clocks differ a little. */
	assert_int_equal(admitted(&slots[0], BOOT - 1000, 50), 0);
	assert_int_equal(admitted(&slots[0], 0, 50), 0);
	assert_int_equal(admitted(&slots[0], BOOT + 10 * MS, 50), 1);
	assert_int_equal(admitted(&slots[1], 0, 50), 5);
}

/* Up to 292 years, where a time has no sign yet. */
static void huge_times(void **state)
{
	static const u64 times[] = { 1ULL << 32, 1ULL << 53, 1ULL << 62, INT64_MAX - SECOND };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		setup(state);
		faultcast_storm_set(100, 5);
		assert_int_equal(admitted(&slots[0], times[i], 50), 5);
		assert_int_equal(admitted(&slots[0], times[i] + 10 * MS - 1, 50), 0);
		assert_int_equal(admitted(&slots[0], times[i] + 10 * MS, 50), 1);
	}
}

static void the_largest_limits(void **state)
{
	(void)state;
	faultcast_storm_set(1, UINT32_MAX);
	assert_int_equal(admitted(&slots[0], BOOT, 10000), 10000);
	faultcast_storm_set(FAULTCAST_RATE_MAX, 1);
	assert_int_equal(admitted(&slots[0], BOOT, 50), 1);
	assert_int_equal(admitted(&slots[0], BOOT + 999, 50), 0);
	assert_int_equal(admitted(&slots[0], BOOT + 1000, 50), 1);
}

/* A clock for all threads: each reading of it advances it. */
#define TICK 100
#define OFFERED 300000

static u64 clock_now;
static pthread_barrier_t start;

struct cpu {
	pthread_t thread;
	struct faultcast_slot *slot;
	bool refunds;
	u64 count;
};

static void *hammer(void *arg)
{
	struct cpu *cpu = arg;

	pthread_barrier_wait(&start);
	for (unsigned int i = 0; i < OFFERED; i++) {
		u64 now = __atomic_add_fetch(&clock_now, TICK, __ATOMIC_SEQ_CST);

		if (!faultcast_storm_admit(cpu->slot, FAULTCAST_BUCKET_REAL, now))
			continue;
		if (cpu->refunds && i % 3 == 0)
			faultcast_storm_refund(cpu->slot, FAULTCAST_BUCKET_REAL);
		else
			cpu->count++;
	}
	return NULL;
}

/* Returns how many two CPUs together got admitted, in 2 * OFFERED ticks. */
static u64 hammer_both(struct faultcast_slot *first, struct faultcast_slot *second, bool refunds)
{
	struct cpu cpus[] = { { .slot = first, .refunds = refunds },
			      { .slot = second, .refunds = refunds } };

	clock_now = BOOT;
	assert_int_equal(pthread_barrier_init(&start, NULL, ARRAY_SIZE(cpus)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++)
		assert_int_equal(pthread_create(&cpus[i].thread, NULL, hammer, &cpus[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++)
		assert_int_equal(pthread_join(cpus[i].thread, NULL), 0);
	pthread_barrier_destroy(&start);
	assert_int_equal(clock_now, BOOT + 2 * OFFERED * TICK);
	return cpus[0].count + cpus[1].count;
}

/* 60 ms at an interval of 250 ns, and a burst. */
#define HAMMER_RATE 4000000
#define HAMMER_BURST 64
#define HAMMER_MOST (HAMMER_BURST + 2 * OFFERED * TICK / 250)

static void two_cpus_get_no_more_than_one(void **state)
{
	u64 count;

	(void)state;
	faultcast_storm_set(HAMMER_RATE, HAMMER_BURST);
	count = hammer_both(&slots[0], &slots[0], false);
	assert_in_range(count, HAMMER_MOST / 2, HAMMER_MOST);
	setup(state);
	faultcast_storm_set(HAMMER_RATE, HAMMER_BURST);
	count = hammer_both(&slots[0], &slots[0], true);
	assert_in_range(count, HAMMER_MOST / 4, HAMMER_MOST);
}

static void two_cpus_share_the_host(void **state)
{
	u64 count;

	(void)state;
	faultcast_storm_set_host(HAMMER_RATE, HAMMER_BURST);
	count = hammer_both(&slots[0], &slots[1], false);
	assert_in_range(count, HAMMER_MOST / 2, HAMMER_MOST);
	setup(state);
	faultcast_storm_set(HAMMER_RATE, 2 * HAMMER_BURST);
	faultcast_storm_set_host(HAMMER_RATE, HAMMER_BURST);
	count = hammer_both(&slots[0], &slots[1], true);
	assert_in_range(count, HAMMER_MOST / 4, HAMMER_MOST);
}

static void a_refund_after_a_new_limit_locks_nobody_out(void **state)
{
	(void)state;
	faultcast_storm_set_host(100, 5);
	faultcast_storm_set(100, 5);
	assert_int_equal(admitted(&slots[0], BOOT, 1), 1);
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(100, 5);
	faultcast_storm_refund(&slots[0], FAULTCAST_BUCKET_REAL);
	assert_in_range(admitted(&slots[0], BOOT + SECOND, 50), 5, 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_refund_after_a_new_limit_locks_nobody_out, setup),
		cmocka_unit_test_setup(burst_then_rate, setup),
		cmocka_unit_test_setup(burst_of_one, setup),
		cmocka_unit_test_setup(the_rate_is_exact_in_the_long_run, setup),
		cmocka_unit_test_setup(refund, setup),
		cmocka_unit_test_setup(refund_without_limit_is_nothing, setup),
		cmocka_unit_test_setup(the_host_caps_all_devices_together, setup),
		cmocka_unit_test_setup(refused_by_the_host_costs_the_device_nothing, setup),
		cmocka_unit_test_setup(refused_by_the_device_costs_the_host_nothing, setup),
		cmocka_unit_test_setup(a_device_may_have_limits_of_its_own, setup),
		cmocka_unit_test_setup(rate_0_is_no_limit, setup),
		cmocka_unit_test_setup(a_new_limit_holds_at_once, setup),
		cmocka_unit_test_setup(time_stands_still_or_goes_back, setup),
		cmocka_unit_test_setup(huge_times, setup),
		cmocka_unit_test_setup(the_largest_limits, setup),
		cmocka_unit_test_setup(two_cpus_get_no_more_than_one, setup),
		cmocka_unit_test_setup(two_cpus_share_the_host, setup),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
