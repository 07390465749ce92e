// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: the device's next event that is queued reports its unreported faults, once
 * (kmod/core/unreported.c). This holds whatever other CPUs raise meanwhile. Events of
 * other devices and synthetic events do not report them.
 */
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "check.h"
#include "core/raise.h"

static int raise_of(u32 slot, u8 flags)
{
	struct faultcast_event ev = {
		.slot = slot,
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.flags = flags,
	};

	return faultcast_raise(&ev);
}

static int raise(void)
{
	return raise_of(FAULTCAST_SLOT_UNKNOWN, 0);
}

static void take(u64 suppressed, u64 lost)
{
	struct faultcast_event ev = { };

	expect(check_pop(&ev));
	expect_eq(ev.suppressed_before, suppressed);
	expect_eq(ev.lost_before, lost);
}

/* A queue of two places, both taken by events that report nothing. */
static struct faultcast_slot *begin_full(void)
{
	if (!check_begin(4, 2))
		return NULL;
	expect_eq(raise(), 0);
	expect_eq(raise(), 0);
	return faultcast_slot_at(FAULTCAST_SLOT_UNKNOWN);
}

static void told_once(void)
{
	struct faultcast_slot *slot = begin_full();

	if (!slot)
		return;
	expect_eq(raise(), -ENOSPC);
	expect_eq(raise(), -ENOSPC);
	expect_eq(raise(), -ENOSPC);
	take(0, 0);
	take(0, 0);
	expect_eq(raise(), 0);
	expect_eq(raise(), 0);
	take(0, 3);
	take(0, 0);
	expect_eq(atomic64_read(&slot->lost), 3);
	expect_eq(atomic64_read(&slot->unreported_lost), 0);
	check_end();
}

/* An event that would report faults is lost itself. */
static void given_back(void)
{
	struct faultcast_slot *slot = begin_full();

	if (!slot)
		return;
	atomic64_set(&slot->unreported_suppressed, 7);
	expect_eq(raise(), -ENOSPC);
	expect_eq(raise(), -ENOSPC);
	expect_eq(atomic64_read(&slot->unreported_suppressed), 7);
	expect_eq(atomic64_read(&slot->unreported_lost), 2);
	take(0, 0);
	take(0, 0);
	expect_eq(raise(), 0);
	take(7, 2);
	check_end();
}

/* The whole case takes less than a second, so only the first event is admitted. */
static void suppressed(void)
{
	if (!check_begin(4, 2))
		return;
	faultcast_storm_set(1, 1);
	expect_eq(raise(), 0);
	expect_eq(raise(), -EBUSY);
	expect_eq(raise(), -EBUSY);
	take(0, 0);
	faultcast_storm_set(0, 1);
	expect_eq(raise(), 0);
	take(2, 0);
	check_end();
}

static void of_its_device(void)
{
	u32 other;

	if (!begin_full())
		return;
	other = faultcast_slot_claim_pci(0, 0x7f00);
	expect_eq(raise(), -ENOSPC);
	take(0, 0);
	expect_eq(raise_of(other, 0), 0);
	expect_eq(raise_of(other, 0), -ENOSPC);
	expect_eq(raise_of(other, 0), -ENOSPC);
	take(0, 0);
	take(0, 0);
	expect_eq(raise(), 0);
	expect_eq(raise_of(other, 0), 0);
	take(0, 1);
	take(0, 2);
	check_end();
}

static void not_of_tests(void)
{
	struct faultcast_slot *slot = begin_full();

	if (!slot)
		return;
	expect_eq(raise_of(FAULTCAST_SLOT_UNKNOWN, FAULTCAST_EVENT_F_SYNTHETIC), -ENOSPC);
	expect_eq(atomic64_read(&slot->lost), 1);
	expect_eq(atomic64_read(&slot->unreported_lost), 0);
	expect_eq(raise(), -ENOSPC);
	take(0, 0);
	take(0, 0);
	expect_eq(raise_of(FAULTCAST_SLOT_UNKNOWN, FAULTCAST_EVENT_F_SYNTHETIC), 0);
	expect_eq(raise(), 0);
	take(0, 0);
	take(0, 1);
	check_end();
}

#define BATCH	256	/* far more than fit: nearly each event reports lost ones */
#define ROUNDS	500

static void raise_batch(unsigned int nth, void *unused)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		raise();
}

/* Takes all queued events. Returns how many lost faults they report. */
static u64 told(void)
{
	struct faultcast_event ev;
	u64 sum = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		while (faultcast_queue_peek(cpu, &ev)) {
			sum += ev.lost_before;
			faultcast_queue_skip(cpu);
		}
	}
	return sum;
}

/* All CPUs raise events of the same device. */
static void by_all_cpus_at_once(void)
{
	struct faultcast_slot *slot;
	unsigned int i, cpus = 0;
	u64 sum = 0;

	if (!check_several_cpus() || !check_begin(4, 2))
		return;
	slot = faultcast_slot_at(FAULTCAST_SLOT_UNKNOWN);
	for (i = 0; i < ROUNDS; i++) {
		cpus = check_on_all_cpus(raise_batch, NULL);
		sum += told();
	}
	expect_eq(atomic64_read(&slot->lost), (u64)ROUNDS * cpus * (BATCH - 2));
	expect_eq(sum + atomic64_read(&slot->unreported_lost), atomic64_read(&slot->lost));
	check_end();
}

static const struct check_case cases[] = {
	{ "the next event reports lost faults, once", told_once },
	{ "they are kept if that event is lost too", given_back },
	{ "the next event reports suppressed faults", suppressed },
	{ "each device reports its own faults", of_its_device },
	{ "synthetic events neither report nor are reported", not_of_tests },
	{ "events of one device on all CPUs", by_all_cpus_at_once },
};

const struct check_group check_unreported =
	CHECK_GROUP("unreported", cases, struct check_case, check_run_case);
