// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storm control: how many events a second a device, and the host, may publish.  It
 * uses the generic cell rate algorithm (ITU-T I.371).  One atomic variable per slot
 * holds the time at which the next event is due.  An event may be early by the
 * tolerance, which follows from the burst.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>

#include "slot.h"
#include "storm.h"

/* A device that has asked for nothing in this time is quiet. */
#define QUIET_NS	(100 * NSEC_PER_MSEC)

static struct faultcast_limit device_limit, host_limit;
static atomic64_t host_due[FAULTCAST_BUCKETS];
static u64 host_quiet_ns;	/* tolerance of the host's limit that only quiet devices have */

static void set_limit(struct faultcast_limit *limit, u32 rate, u32 burst)
{
	/* Rounded up, so that the rate is never exceeded. */
	u64 interval = rate ? DIV_ROUND_UP(NSEC_PER_SEC, rate) : 0;

	WRITE_ONCE(limit->rate, rate);
	WRITE_ONCE(limit->burst, burst);
	WRITE_ONCE(limit->tolerance_ns, interval * burst);
	WRITE_ONCE(limit->interval_ns, interval);
}

/*
 * @more_ns is added to the limit's tolerance.  Retries only if another CPU has changed
 * @due meanwhile, so one of the CPUs always succeeds.
 */
static bool take(atomic64_t *due, const struct faultcast_limit *limit, u64 more_ns, u64 now)
{
	u64 interval = READ_ONCE(limit->interval_ns);
	s64 old = atomic64_read(due);
	u64 next;

	if (!interval)
		return true;
	do {
		/*
		 * The comparison is signed, because a refund after a change of the
		 * limit may leave @due below 0.
		 */
		next = max_t(s64, old, now) + interval;
		if (next - now > READ_ONCE(limit->tolerance_ns) + more_ns)
			return false;
	} while (!atomic64_try_cmpxchg(due, &old, next));
	return true;
}

static void give_back(atomic64_t *due, const struct faultcast_limit *limit)
{
	atomic64_sub(READ_ONCE(limit->interval_ns), due);
}

static const struct faultcast_limit *limit_of(const struct faultcast_slot *slot)
{
	/* Pairs with faultcast_storm_set_device(). */
	return smp_load_acquire(&slot->has_limit) ? &slot->limit : &device_limit;
}

/* Two CPUs may both find the same device quiet, which costs one token more. */
static bool was_quiet(struct faultcast_slot *slot, enum faultcast_bucket bucket, u64 now)
{
	s64 before = atomic64_read(&slot->asked[bucket]);

	atomic64_set(&slot->asked[bucket], now);
	return !before || (s64)now - before > QUIET_NS;
}

/*
 * An event that the host's limit refuses uses a token of the device.  Therefore no
 * device asks for tokens of the host more often than its own limit allows, and the
 * fastest device does not get all of them.
 *
 * A quiet device takes a token of the host also if there is none.  The devices in
 * storm get the next ones later.
 */
bool faultcast_storm_admit(struct faultcast_slot *slot, enum faultcast_bucket bucket, u64 now)
{
	u64 more_ns = was_quiet(slot, bucket, now) ? READ_ONCE(host_quiet_ns) : 0;

	return take(&slot->due[bucket], limit_of(slot), 0, now) &&
	       take(&host_due[bucket], &host_limit, more_ns, now);
}

void faultcast_storm_refund(struct faultcast_slot *slot, enum faultcast_bucket bucket)
{
	give_back(&slot->due[bucket], limit_of(slot));
	give_back(&host_due[bucket], &host_limit);
}

static void fill_buckets(atomic64_t *due)
{
	int bucket;

	for (bucket = 0; bucket < FAULTCAST_BUCKETS; bucket++)
		atomic64_set(&due[bucket], 0);
}

void faultcast_storm_set(u32 rate, u32 burst)
{
	u32 i;

	set_limit(&device_limit, rate, burst);
	/* With the old rate, the next event might be due far in the future. */
	for (i = 0; i < faultcast_slot_num(); i++)
		if (!faultcast_slot_at(i)->has_limit)
			fill_buckets(faultcast_slot_at(i)->due);
}

void faultcast_storm_set_host(u32 rate, u32 queue)
{
	u32 quiet = DIV_ROUND_UP(queue, 4);

	set_limit(&host_limit, rate, queue - quiet);
	WRITE_ONCE(host_quiet_ns, host_limit.interval_ns * quiet);
	fill_buckets(host_due);
}

void faultcast_storm_set_device(struct faultcast_slot *slot, u32 rate, u32 burst)
{
	set_limit(&slot->limit, rate, burst);
	smp_store_release(&slot->has_limit, true);	/* the limit is written before the flag */
	fill_buckets(slot->due);
}

void faultcast_storm_unset_device(struct faultcast_slot *slot)
{
	WRITE_ONCE(slot->has_limit, false);
	fill_buckets(slot->due);
}

const struct faultcast_limit *faultcast_storm_limit(void)
{
	return &device_limit;
}

const struct faultcast_limit *faultcast_storm_host_limit(void)
{
	return &host_limit;
}
