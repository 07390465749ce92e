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

static struct faultcast_limit device_limit, host_limit;
static atomic64_t host_due[FAULTCAST_BUCKETS];

static void set_limit(struct faultcast_limit *limit, u32 rate, u32 burst)
{
	/* Rounded up, so that the rate is never exceeded. */
	u64 interval = rate ? DIV_ROUND_UP(NSEC_PER_SEC, rate) : 0;

	WRITE_ONCE(limit->rate, rate);
	WRITE_ONCE(limit->burst, burst);
	WRITE_ONCE(limit->tolerance_ns, interval * burst);
	WRITE_ONCE(limit->interval_ns, interval);
}

/* Retries only if another CPU has changed @due meanwhile, so one of the CPUs always succeeds. */
static bool take(atomic64_t *due, const struct faultcast_limit *limit, u64 now)
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
		if (next - now > READ_ONCE(limit->tolerance_ns))
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

bool faultcast_storm_admit(struct faultcast_slot *slot, enum faultcast_bucket bucket, u64 now)
{
	const struct faultcast_limit *limit = limit_of(slot);

	if (!take(&slot->due[bucket], limit, now))
		return false;
	if (take(&host_due[bucket], &host_limit, now))
		return true;
	give_back(&slot->due[bucket], limit);
	return false;
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

void faultcast_storm_set_host(u32 rate, u32 burst)
{
	set_limit(&host_limit, rate, burst);
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
