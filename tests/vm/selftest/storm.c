// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: storm control (kmod/core/storm.c) admits a burst and then exactly its rate, for
 * one device and for the host, with all CPUs at once. Tokens that were taken and not used
 * are returned. A new limit in the middle of a storm blocks no device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kthread.h>
#include <linux/sched.h>

#include "check.h"
#include "tables/storm.h"

static void run_sequence(const void *row)
{
	const struct storm_sequence *sequence = row;
	u32 step, admitted = 0;

	if (!check_begin(STORM_SLOTS, 2))
		return;
	step = storm_wrong_step(sequence, &admitted);
	if (!expect_eq(step, 0))
		expect_eq(admitted, sequence->steps[step - 1].admitted);
	check_end();
}

static void run_rate(const void *row)
{
	u64 least, most, count;

	if (!check_begin(STORM_SLOTS, 2))
		return;
	count = storm_admitted_in(row, &least, &most);
	if (!expect(count >= least && count <= most))
		check_note("%llu admitted, not %llu to %llu", count, least, most);
	check_end();
}

/* One clock for all CPUs. Each reading advances it. */
#define TICK_NS		100
#define OFFERED		4096	/* events of each CPU in one round */
#define ROUNDS		32

/* An interval of 250 ns. Several CPUs offer more events than the limit admits. */
#define RATE		4000000
#define BURST		64

struct storm {
	atomic64_t clock;
	atomic64_t admitted;
	struct faultcast_slot *slots[2];	/* slots of even and of odd CPUs */
	bool gives_back;			/* returns every third token */
};

static void offer(unsigned int nth, void *arg)
{
	struct storm *storm = arg;
	struct faultcast_slot *slot = storm->slots[nth & 1];
	unsigned int i, admitted = 0;

	for (i = 0; i < OFFERED; i++) {
		u64 now = atomic64_add_return(TICK_NS, &storm->clock);

		if (!faultcast_storm_admit(slot, FAULTCAST_BUCKET_REAL, now))
			continue;
		if (storm->gives_back && i % 3 == 0)
			faultcast_storm_refund(slot, FAULTCAST_BUCKET_REAL);
		else
			admitted++;
	}
	atomic64_add(admitted, &storm->admitted);
}

/* Admits at most what the clock's time allows, and at least the fraction 1/@share of that. */
static void expect_shared(struct storm *storm, unsigned int share)
{
	u64 most, admitted;
	unsigned int i;

	atomic64_set(&storm->clock, BOOT);
	atomic64_set(&storm->admitted, 0);
	for (i = 0; i < ROUNDS; i++)
		check_on_all_cpus(offer, storm);
	most = BURST + div_u64(atomic64_read(&storm->clock) - BOOT, SECOND / RATE);
	admitted = atomic64_read(&storm->admitted);
	if (!expect(admitted <= most && admitted >= most / share))
		check_note("%llu admitted of %llu", admitted, most);
}

static void one_device(void)
{
	struct storm storm = { };

	if (!check_several_cpus() || !check_begin(STORM_SLOTS, 2))
		return;
	storm.slots[0] = faultcast_slot_at(0);
	storm.slots[1] = storm.slots[0];
	faultcast_storm_set(RATE, BURST);
	expect_shared(&storm, 2);
	check_end();
}

static void one_device_gives_back(void)
{
	struct storm storm = { .gives_back = true };

	if (!check_several_cpus() || !check_begin(STORM_SLOTS, 2))
		return;
	storm.slots[0] = faultcast_slot_at(0);
	storm.slots[1] = storm.slots[0];
	faultcast_storm_set(RATE, BURST);
	expect_shared(&storm, 4);
	check_end();
}

static void two_devices_share_the_host(void)
{
	struct storm storm = { };

	if (!check_several_cpus() || !check_begin(STORM_SLOTS, 2))
		return;
	storm.slots[0] = faultcast_slot_at(0);
	storm.slots[1] = faultcast_slot_at(1);
	faultcast_storm_set_host(RATE, BURST);
	expect_shared(&storm, 2);
	check_end();
}

/* The host's limit refuses an event after the device's limit admitted it. */
static void two_devices_within_both_limits(void)
{
	struct storm storm = { .gives_back = true };

	if (!check_several_cpus() || !check_begin(STORM_SLOTS, 2))
		return;
	storm.slots[0] = faultcast_slot_at(0);
	storm.slots[1] = faultcast_slot_at(1);
	faultcast_storm_set(RATE, 2 * BURST);
	faultcast_storm_set_host(RATE, BURST);
	expect_shared(&storm, 4);
	check_end();
}

static int keep_offering(void *arg)
{
	while (!kthread_should_stop()) {
		check_on_all_cpus(offer, arg);
		cond_resched();
	}
	return 0;
}

static void change_limits(struct storm *storm)
{
	u64 end = BOOT + (u64)ROUNDS * OFFERED * TICK_NS;
	unsigned int i;

	for (i = 0; atomic64_read(&storm->clock) < end; i++) {
		faultcast_storm_set(i & 1 ? 1 : RATE, i & 1 ? 100000 : BURST);
		faultcast_storm_set_host(i & 2 ? 1 : RATE, i & 2 ? 100000 : BURST);
		faultcast_storm_set_device(storm->slots[1], i & 4 ? 2 : 0, 1000);
		cond_resched();
	}
	faultcast_storm_unset_device(storm->slots[1]);
	faultcast_storm_set(100, 5);
	faultcast_storm_set_host(100, 11);
}

/*
 * A probe may have read the old interval, up to a second, just before the limit changed.
 * After that a device has the new burst, whatever the old limits were.
 */
static void new_limits_in_a_storm(void)
{
	struct storm storm = { .gives_back = true };
	struct storm_step after = { .op = STORM_OFFER, .count = 1000 };
	struct task_struct *task;

	if (!check_begin(STORM_SLOTS, 2))
		return;
	storm.slots[0] = faultcast_slot_at(0);
	storm.slots[1] = faultcast_slot_at(1);
	atomic64_set(&storm.clock, BOOT);
	task = kthread_run(keep_offering, &storm, "faultcast_storm");
	if (expect(!IS_ERR(task))) {
		change_limits(&storm);
		kthread_stop(task);
		expect(atomic64_read(&storm.admitted));
		after.now = atomic64_read(&storm.clock) + 2 * SECOND;
		expect_eq(storm_offer(&after), 5);
		after.slot = 1;
		expect_eq(storm_offer(&after), 3);
	}
	check_end();
}

static const struct check_case cases[] = {
	{ "two CPUs get no more tokens than one", one_device },
	{ "two CPUs that return some tokens", one_device_gives_back },
	{ "two CPUs, two devices: the host's limit", two_devices_share_the_host },
	{ "two CPUs, two devices: both limits", two_devices_within_both_limits },
	{ "new limits in the middle of a storm", new_limits_in_a_storm },
};

const struct check_group check_storm_steps =
	CHECK_GROUP("storm control", storm_sequences, struct storm_sequence, run_sequence);
const struct check_group check_storm_rates =
	CHECK_GROUP("storm control in the long run", storm_runs, struct storm_run, run_rate);
const struct check_group check_storm =
	CHECK_GROUP("storm control", cases, struct check_case, check_run_case);
