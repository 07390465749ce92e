/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The required behaviour of storm control, as sequences of steps. tests/unit/kmod/storm.c runs
 * them under UBSan, and tests/vm/selftest/storm.c runs them in a kernel with real
 * atomics. The including file provides kmod/core/event.h, and slots behind
 * faultcast_slot_at().
 */
#ifndef FAULTCAST_TABLES_STORM_H
#define FAULTCAST_TABLES_STORM_H

#define STORM_SLOTS	4

#define SECOND		1000000000ULL
#define MS		1000000ULL
#define BOOT		(5 * SECOND)	/* a time since boot */

enum storm_op {
	STORM_END,
	STORM_SET,
	STORM_SET_HOST,
	STORM_SET_DEVICE,
	STORM_UNSET_DEVICE,
	STORM_OFFER,
	STORM_REFUND,
};

struct storm_step {
	enum storm_op op;
	u32 slot;
	u32 rate;
	u32 burst;
	u64 now;
	u32 count;
	u32 admitted;
};

#define SET(_rate, _burst)	{ .op = STORM_SET, .rate = _rate, .burst = _burst }
#define HOST(_rate, _queue)	{ .op = STORM_SET_HOST, .rate = _rate, .burst = _queue }
#define DEVICE(_slot, _rate, _burst) \
	{ .op = STORM_SET_DEVICE, .slot = _slot, .rate = _rate, .burst = _burst }
#define UNSET(_slot)		{ .op = STORM_UNSET_DEVICE, .slot = _slot }
#define OFFER(_slot, _now, _count, _admitted) \
	{ .op = STORM_OFFER, .slot = _slot, .now = _now, .count = _count, .admitted = _admitted }
#define REFUND(_slot, _count)	{ .op = STORM_REFUND, .slot = _slot, .count = _count }

struct storm_sequence {
	const char *what;
	struct storm_step steps[16];
};

/* All sequences start without limits. */
static const struct storm_sequence storm_sequences[] = {
	{ "a burst, then the rate", {
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
		OFFER(0, BOOT + 10 * MS - 1, 50, 0),
		OFFER(0, BOOT + 10 * MS, 50, 1),
		OFFER(0, BOOT + 40 * MS, 50, 3),
		OFFER(1, BOOT, 50, 5),
	} },
	{ "an idle time saves one burst, not more", {
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
		OFFER(0, BOOT + 3600 * SECOND, 50, 5),
		OFFER(0, BOOT + 3600 * SECOND + 10 * MS, 50, 1),
	} },
	{ "a burst of one", {
		SET(1, 1),
		OFFER(0, BOOT, 9, 1),
		OFFER(0, BOOT + SECOND - 1, 9, 0),
		OFFER(0, BOOT + SECOND, 9, 1),
	} },
	{ "rate 0 is no limit", {
		OFFER(0, BOOT, 100000, 100000),
		OFFER(0, 0, 100000, 100000),
		SET(1, 1),
		OFFER(0, BOOT, 10, 1),
		SET(0, 1),
		OFFER(0, BOOT, 100000, 100000),
	} },
	{ "rate 0 for the host is no limit", {
		HOST(1, 4),
		OFFER(0, BOOT, 100, 3),
		HOST(0, 4),
		OFFER(0, BOOT, 100, 100),
	} },
	{ "a returned token may be used again", {
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
		REFUND(0, 2),
		OFFER(0, BOOT, 50, 2),
	} },
	{ "the host's token is returned too", {
		SET(100, 5),
		HOST(100, 10),
		OFFER(0, BOOT, 50, 5),
		REFUND(0, 2),
		OFFER(1, BOOT, 50, 4),
		REFUND(0, 3),
		REFUND(1, 4),
		OFFER(1, BOOT, 50, 4),
		OFFER(2, BOOT, 50, 3),
	} },
	{ "returning a token without a limit has no effect", {
		OFFER(0, BOOT, 5, 5),
		REFUND(0, 5),
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
	} },
	{ "returning a token after a new limit blocks no device", {
		HOST(100, 7),
		SET(100, 5),
		OFFER(0, BOOT, 1, 1),
		SET(100, 5),
		HOST(100, 7),
		REFUND(0, 1),
		OFFER(0, BOOT, 50, 5),
	} },
	/* The host's burst is 7 of a queue of 10, and quiet devices have the other 3. */
	{ "the host caps all devices together", {
		SET(100, 10),
		HOST(50, 10),
		OFFER(0, BOOT, 3, 3),
		OFFER(1, BOOT, 3, 3),
		OFFER(2, BOOT, 3, 1),
		OFFER(2, BOOT + 20 * MS - 1, 50, 0),
		OFFER(2, BOOT + 20 * MS, 50, 1),
		OFFER(2, BOOT + SECOND, 5, 5),
		OFFER(3, BOOT + SECOND, 50, 2),
	} },
	{ "the host's cap does not hold back a device's first fault", {
		SET(100, 10),
		HOST(10, 10),
		OFFER(0, BOOT, 50, 7),
		OFFER(1, BOOT, 50, 1),
		OFFER(2, BOOT, 50, 1),
		/* These used tokens that the host gives later. */
		OFFER(0, BOOT + 99 * MS, 50, 0),
		OFFER(0, BOOT + 198 * MS, 50, 0),
		OFFER(0, BOOT + 297 * MS, 50, 0),
		OFFER(0, BOOT + 300 * MS, 50, 1),
	} },
	{ "nor a fault after 100 ms of silence", {
		SET(100, 10),
		HOST(1, 10),
		OFFER(0, BOOT, 50, 7),
		OFFER(1, BOOT, 1, 1),
		OFFER(1, BOOT + 100 * MS, 1, 0),
		OFFER(1, BOOT + 200 * MS, 1, 0),
		OFFER(1, BOOT + 300 * MS + 1, 1, 1),
	} },
	{ "a fault that the device's own limit suppresses is not silence", {
		DEVICE(1, 1, 1),
		HOST(1, 4),
		OFFER(0, BOOT, 50, 3),
		OFFER(1, BOOT, 1, 1),
		OFFER(1, BOOT + 950 * MS, 1, 0),
		OFFER(1, BOOT + SECOND, 1, 0),
		OFFER(1, BOOT + SECOND + 200 * MS, 1, 0),
		OFFER(1, BOOT + 3 * SECOND, 1, 1),
	} },
	{ "quiet devices have a quarter of the queue", {
		SET(100, 10),
		HOST(1, 8),
		OFFER(0, BOOT, 50, 6),
		OFFER(1, BOOT, 1, 1),
		OFFER(2, BOOT, 1, 1),
		OFFER(3, BOOT, 1, 0),
		OFFER(3, BOOT + SECOND, 1, 1),
	} },
	{ "a quiet device has its own limit", {
		DEVICE(0, 1, 1),
		HOST(10, 8),
		OFFER(0, BOOT, 1, 1),
		OFFER(0, BOOT + 500 * MS, 1, 0),
	} },
	{ "without a limit of devices the host's cap holds", {
		HOST(10, 10),
		OFFER(0, BOOT, 5000, 7),
		OFFER(1, BOOT, 5000, 1),
		OFFER(0, BOOT + SECOND, 5000, 7),
	} },
	{ "refused by the host costs the device a token", {
		SET(100, 5),
		HOST(10, 3),
		OFFER(0, BOOT, 50, 2),
		OFFER(1, BOOT, 50, 1),
		HOST(0, 1),
		OFFER(0, BOOT, 50, 0),
		OFFER(0, BOOT + 10 * MS, 50, 1),
		OFFER(2, BOOT, 50, 5),
	} },
	{ "refused by the device costs the host nothing", {
		SET(100, 5),
		HOST(10, 11),
		OFFER(0, BOOT, 50, 5),
		OFFER(1, BOOT, 50, 3),
	} },
	{ "a device may have limits of its own", {
		SET(100, 5),
		DEVICE(0, 10, 2),
		DEVICE(1, 0, 1),
		OFFER(0, BOOT, 50, 2),
		OFFER(0, BOOT + 100 * MS, 50, 1),
		OFFER(1, BOOT, 5000, 5000),
		OFFER(2, BOOT, 50, 5),
	} },
	{ "a new default limit changes neither own limits nor used tokens", {
		SET(100, 5),
		DEVICE(0, 10, 2),
		OFFER(0, BOOT, 50, 2),
		SET(1000, 20),
		OFFER(0, BOOT, 50, 0),
		OFFER(2, BOOT, 50, 20),
		REFUND(0, 1),
		OFFER(0, BOOT, 50, 1),
	} },
	{ "a device returns to the default limit", {
		SET(100, 5),
		DEVICE(0, 1, 1),
		OFFER(0, BOOT, 50, 1),
		UNSET(0),
		OFFER(0, BOOT, 50, 5),
		OFFER(0, BOOT + 10 * MS, 50, 1),
	} },
	/* The old limit's next token is up to a burst away, here 1000 s. */
	{ "a new limit holds at once", {
		SET(1, 1000),
		OFFER(0, BOOT, 2000, 1000),
		SET(1000, 2),
		OFFER(0, BOOT, 50, 2),
		OFFER(0, BOOT + MS, 50, 1),
	} },
	{ "a new limit of one device holds at once", {
		DEVICE(0, 1, 1000),
		OFFER(0, BOOT, 2000, 1000),
		DEVICE(0, 1000, 2),
		OFFER(0, BOOT, 50, 2),
		OFFER(0, BOOT + MS, 50, 1),
	} },
	{ "a new limit of the host holds at once", {
		HOST(1, 1000),
		OFFER(0, BOOT, 2000, 750),
		HOST(1000, 3),
		OFFER(0, BOOT, 50, 2),
		OFFER(0, BOOT + MS, 50, 1),
	} },
	{ "time stands still", {
		SET(100, 5),
		OFFER(0, BOOT, 5, 5),
		OFFER(0, BOOT, 1000, 0),
	} },
	/* The clocks of two CPUs differ a little. A step back neither gives nor takes tokens. */
	{ "time goes back", {
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
		OFFER(0, BOOT - 1000, 50, 0),
		OFFER(0, 0, 50, 0),
		OFFER(0, BOOT + 10 * MS - 1, 50, 0),
		OFFER(0, BOOT + 10 * MS, 50, 1),
		OFFER(1, 0, 50, 5),
	} },
	{ "time goes back and forth in the middle of a burst", {
		SET(100, 5),
		OFFER(0, BOOT, 2, 2),
		OFFER(0, BOOT - 1000, 2, 2),
		OFFER(0, BOOT + 1000, 2, 1),
		OFFER(0, BOOT, 2, 0),
	} },
	{ "time leaps to 2^32 ns", {
		SET(100, 5),
		OFFER(0, 1ULL << 32, 50, 5),
		OFFER(0, (1ULL << 32) + 10 * MS - 1, 50, 0),
		OFFER(0, (1ULL << 32) + 10 * MS, 50, 1),
	} },
	{ "time leaps to 2^62 ns", {
		SET(100, 5),
		OFFER(0, 0, 50, 5),
		OFFER(0, 1ULL << 62, 50, 5),
		OFFER(0, (1ULL << 62) + 10 * MS - 1, 50, 0),
		OFFER(0, (1ULL << 62) + 10 * MS, 50, 1),
	} },
	/* Times are valid up to 292 years, before the sign bit is set. */
	{ "the last second before the sign bit of time is set", {
		SET(100, 5),
		OFFER(0, BOOT, 50, 5),
		OFFER(0, (u64)S64_MAX - SECOND, 50, 5),
		OFFER(0, (u64)S64_MAX - SECOND + 10 * MS - 1, 50, 0),
		OFFER(0, (u64)S64_MAX - SECOND + 10 * MS, 50, 1),
	} },
	{ "the largest burst at the smallest rate", {
		SET(1, U32_MAX),
		OFFER(0, BOOT, 10000, 10000),
		OFFER(0, 0, 10000, 10000),
	} },
	{ "the largest rate", {
		SET(FAULTCAST_RATE_MAX, 1),
		OFFER(0, BOOT, 50, 1),
		OFFER(0, BOOT + 999, 50, 0),
		OFFER(0, BOOT + 1000, 50, 1),
	} },
};

static inline u32 storm_offer(const struct storm_step *step)
{
	struct faultcast_slot *slot = faultcast_slot_at(step->slot);
	u32 i, admitted = 0;

	for (i = 0; i < step->count; i++)
		admitted += faultcast_storm_admit(slot, FAULTCAST_BUCKET_REAL, step->now);
	return admitted;
}

static inline u32 storm_do(const struct storm_step *step)
{
	struct faultcast_slot *slot = faultcast_slot_at(step->slot);
	u32 i;

	switch (step->op) {
	case STORM_SET:
		faultcast_storm_set(step->rate, step->burst);
		break;
	case STORM_SET_HOST:
		faultcast_storm_set_host(step->rate, step->burst);
		break;
	case STORM_SET_DEVICE:
		faultcast_storm_set_device(slot, step->rate, step->burst);
		break;
	case STORM_UNSET_DEVICE:
		faultcast_storm_unset_device(slot);
		break;
	case STORM_REFUND:
		for (i = 0; i < step->count; i++)
			faultcast_storm_refund(slot, FAULTCAST_BUCKET_REAL);
		break;
	case STORM_OFFER:
	case STORM_END:
		break;
	}
	return step->op == STORM_OFFER ? storm_offer(step) : 0;
}

/* Returns the number, from 1, of the first step that admits a wrong count; 0: none. */
static inline u32 storm_wrong_step(const struct storm_sequence *sequence, u32 *admitted)
{
	u32 i;

	for (i = 0; sequence->steps[i].op != STORM_END; i++) {
		*admitted = storm_do(&sequence->steps[i]);
		if (*admitted != sequence->steps[i].admitted)
			return i + 1;
	}
	return 0;
}

struct storm_run {
	const char *what;
	u32 rate;
	u32 burst;
	u64 step_ns;
	u64 length_ns;
};

/* Always offers more than the limit admits, in steps that do not divide its interval. */
static const struct storm_run storm_runs[] = {
	{ "1/s, burst 1", 1, 1, 10 * MS, 3600 * SECOND },
	{ "3/s, burst 2", 3, 2, MS, 300 * SECOND },
	{ "7/s, burst 100", 7, 100, 999983, 300 * SECOND },
	{ "100/s, burst 512", 100, 512, MS, 300 * SECOND },
	{ "100/s, burst 2", 100, 2, 7919, 2 * SECOND },
	{ "1000/s, burst 10", 1000, 10, 10007, 2 * SECOND },
	{ "2000/s, burst 512", 2000, 512, MS, 100 * SECOND },
	{ "100000/s, burst 2", 100000, 2, 997, SECOND / 5 },
	{ "1000000/s, burst 2000", 1000000, 2000, MS, SECOND / 5 },
	{ "500000000/s, burst 10", 500000000, 10, 1, MS / 4 },
	{ "1000000000/s, burst 1", 1000000000, 1, 1, MS / 4 },
};

/* Returns how many are admitted, and the bounds for that number. */
static inline u64 storm_admitted_in(const struct storm_run *run, u64 *least, u64 *most)
{
	struct faultcast_slot *slot = faultcast_slot_at(0);
	u64 count = 0, t;

	faultcast_storm_set(run->rate, run->burst);
	for (t = 0; t <= run->length_ns; t += run->step_ns)
		while (faultcast_storm_admit(slot, FAULTCAST_BUCKET_REAL, BOOT + t))
			count++;
	*most = run->burst + run->length_ns * run->rate / SECOND;
	/* The events of the last step may not have been offered. */
	*least = *most - 1 - run->rate * run->step_ns / SECOND;
	return count;
}

#endif /* FAULTCAST_TABLES_STORM_H */
