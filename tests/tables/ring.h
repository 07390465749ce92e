/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scripts for the observer of an event ring (kmod/probe/ring.c), and a model of the hardware
 * and the driver that play them. tests/unit/kmod/ring.c runs the scripts under ASan and UBSan,
 * tests/vm/selftest/ring.c in a kernel. The including file provides ring.h, memset() and
 * snprintf().
 */
#ifndef FAULTCAST_TABLES_RING_H
#define FAULTCAST_TABLES_RING_H

#define RING_MAX	512

enum ring_kind { RING_AMD, RING_SMMU };

/*
 * @plays, each letter with an optional number of times before it:
 * h  the hardware records one; the records are numbered from 1
 * d  the driver takes a record, or finds none: the hook runs before, and looks if that is due
 * n  the same without the hook
 * p  the hook runs and looks, the driver takes nothing (AMD: at the poll and for each device)
 * w  the driver writes its place to HEAD or CONS
 * l  late looks, until there is nothing more
 * L  one late look
 * R  the ring begins anew: both registers are 0
 * X  the registers read as all ones, and the hook looks
 *
 * @seen lists the numbers of the records that the observer took, in ranges.
 */
struct ring_script {
	const char *what;
	enum ring_kind kind;
	u32 entries;
	const char *plays;
	const char *seen;
	u32 lost;
	u32 resumed;
	u32 looks;	/* 0: not compared */
};

#define RING(_kind, _what, _entries, _plays, _seen, ...) {				\
	.what = _what, .kind = RING_ ## _kind, .entries = _entries, .plays = _plays,	\
	.seen = _seen, ## __VA_ARGS__ }
#define AMD(...)	RING(AMD, __VA_ARGS__)
#define SMMU(...)	RING(SMMU, __VA_ARGS__)

static const struct ring_script ring_scripts[] = {
	SMMU("nothing", 8, "dw", ""),
	SMMU("one record", 8, "hdw", "1"),
	AMD("one record, AMD", 8, "hpdw", "1"),
	SMMU("one after the other", 8, "hddwhddwhddw", "1-3"),
	SMMU("several at once are one look", 8, "5h6dw", "1-5", .looks = 2),
	SMMU("records that come while the driver takes others", 8, "3hd2hdhd4dw", "1-6"),
	AMD("records that come while the driver takes others, AMD", 8, "3hpd2hpdhpd3dpw", "1-6"),
	SMMU("a full ring", 8, "8h9dw", "1-8"),
	AMD("a full ring without a wrap bit has one entry less", 8, "8hp8dw", "1-7"),
	SMMU("what a full ring dropped", 8, "11h9dw2h3dw", "1-10"),
	SMMU("the index wraps", 8, "6h7dw6h7dw", "1-12"),
	AMD("the index wraps, AMD", 8, "6hp7dw6hp7dw", "1-12"),
	SMMU("the wrap bit wraps", 4, "3h4dw3h4dw3h4dw3h4dw", "1-12"),
	SMMU("full at each place", 4, "h2dw4h5dw4h5dw3h4dw4h5dw", "1-16"),
	SMMU("the driver writes CONS late", 8, "4h4d4h4dw", "1-8"),
	SMMU("a look finds at most 64", 512, "100h101dw", "1-100", .looks = 3),
	SMMU("a look finds at most 64, and the ring is full", 512,
	     "512h513dw", "1-512", .looks = 9),
	SMMU("behind a bounded look more come", 512, "100h50d100h151dw", "1-200"),
	SMMU("bounded looks keep ahead of a driver that takes all", 128,
	     "128h64dw64h129dw", "1-192"),
	SMMU("exactly 64", 128, "64h64ddw", "1-64", .looks = 2),
	SMMU("65", 128, "65h64ddw", "1-65", .looks = 2),
	SMMU("a queue of another kind calls the hook too", 8, "2h3p2h5dw", "1-4"),
	SMMU("one entry", 1, "h2dwh2dwh2dw", "1-3"),
	SMMU("records from before the module are not skipped", 8, "5h2nw4dw", "3-5"),
	SMMU("the first cursor is the driver's", 8, "6h6nw3h4dw", "7-9"),
	AMD("the first cursor is the driver's, AMD", 8, "6h6nw3hp4dw", "7-9"),
	SMMU("the first cursor, with the wrap bit set", 4, "4h4nw2h2nw2h3dw", "7-8"),
	SMMU("a resume", 8, "5h6dwR2h3dw", "1-7", .resumed = 1),
	AMD("a resume, AMD", 8, "5hp6dwR2hp3dw", "1-7", .resumed = 1),
	AMD("a resume and then nothing", 8, "5hp6dwRp", "1-5", .resumed = 1),
	SMMU("a resume where the cursor is at place 0", 4, "8h5dw4h5dwR2h3dw", "1-10"),
	AMD("a resume while records are pending drops them", 8,
	    "5hp2dwR2hp3dw", "1-7", .resumed = 1),
	AMD("a resume behind the cursor's place", 8, "2hp3dwR5hp6dw", "1-2 5-7"),
	SMMU("calls without the hook", 8, "2h3dw3h4nw2h3dw", "1-2 6-7", .resumed = 1),
	SMMU("late: nothing lost", 8, "3hl3nwl5hl5nwl", "1-8"),
	SMMU("late: the driver has taken them already", 8, "l3h3nw3h3nwl", "1-6"),
	SMMU("late: exactly a ring", 8, "l8h8nwl", "1-8"),
	SMMU("late: lapped by one", 8, "l8h8nwhnwl", "2-9", .lost = 1),
	SMMU("late: lapped by nearly a ring", 8, "l8h8nw7h7nwl", "8-15", .lost = 7),
	SMMU("late: lapped at another place", 8, "3hl3nw8h8nw5h5nwl", "1-3 9-16", .lost = 5),
	SMMU("late: twice the ring is not noticed", 8, "l8h8nw8h8nwl", ""),
	SMMU("late: looks are bounded", 128, "l100hLL", "1-100"),
	SMMU("late: lapped, then bounded", 128, "l128h128nw10hl", "11-138", .lost = 10),
	SMMU("late: the first cursor", 8, "5h5nw2hl", "6-7"),
	SMMU("a removed IOMMU stays within the ring", 8, "3h4dwX", "1-3", .resumed = 1),
	AMD("a removed IOMMU stays within the ring, AMD", 8, "3hp4dwX", "1-3", .resumed = 1),
};

/* The hardware, the driver and the observer. */
struct ring_model {
	enum ring_kind kind;
	struct faultcast_ring ring;
	u32 memory[RING_MAX];	/* the numbers of the records */
	u32 number;		/* recorded so far */
	u32 prod;		/* as the register, but in records */
	u32 cons;
	u32 driver;		/* the driver's place, not yet written to the register */
	u32 looks;
	u32 last;		/* the last record that was seen */
	u32 first;		/* the first of its range; 0: none */
	bool outside;		/* a record was not in the ring */
	char seen[256];
	size_t used;
};

static inline void ring_model_begin(struct ring_model *model, enum ring_kind kind, u32 entries)
{
	memset(model, 0, sizeof(*model));
	model->kind = kind;
	model->ring.entries = entries;
	model->ring.wraps = kind == RING_SMMU;
	model->ring.step = kind == RING_AMD ? 16 : 1;
}

static inline u32 ring_model_mask(const struct ring_model *model)
{
	return model->ring.entries * (model->ring.wraps ? 2 : 1) - 1;
}

/* AMD's registers have reserved bits below the offset, SMMUv3's PROD has OVFLG. */
static inline u32 ring_model_register(const struct ring_model *model, u32 place)
{
	return model->kind == RING_AMD ? place * 16 : place | 0x80000000;
}

static inline void ring_model_end_range(struct ring_model *model)
{
	const char *blank = model->used ? " " : "";
	size_t left = sizeof(model->seen) - model->used;
	char *at = model->seen + model->used;
	int len = 0;

	if (model->first && model->first == model->last)
		len = snprintf(at, left, "%s%u", blank, model->first);
	else if (model->first)
		len = snprintf(at, left, "%s%u-%u", blank, model->first, model->last);
	model->used += len;
	model->first = 0;
}

static inline u32 ring_model_take(struct ring_model *model, u32 found)
{
	u32 n;

	model->looks++;
	for (n = 0; n < found; n++) {
		u32 index = faultcast_ring_take(&model->ring);

		if (index >= model->ring.entries) {
			model->outside = true;
			return found;
		}
		if (model->first && model->memory[index] != model->last + 1)
			ring_model_end_range(model);
		model->last = model->memory[index];
		if (!model->first)
			model->first = model->last;
	}
	return found;
}

static inline u32 ring_model_look(struct ring_model *model, bool late)
{
	u32 cons = ring_model_register(model, model->cons);
	u32 prod = ring_model_register(model, model->prod);

	return ring_model_take(model, late ?
			       faultcast_ring_look_late(&model->ring, cons, prod) :
			       faultcast_ring_look(&model->ring, cons, prod));
}

static inline void ring_model_record(struct ring_model *model)
{
	u32 mask = ring_model_mask(model), room = model->ring.entries - !model->ring.wraps;

	if (((model->prod - model->cons) & mask) >= room)
		return;
	model->memory[model->prod & (model->ring.entries - 1)] = ++model->number;
	model->prod = (model->prod + 1) & mask;
}

static inline void ring_model_drive(struct ring_model *model)
{
	if (model->driver != model->prod)
		model->driver = (model->driver + 1) & ring_model_mask(model);
}

/* Returns false for a letter that is none. */
static inline bool ring_model_play(struct ring_model *model, char what)
{
	switch (what) {
	case 'h':
		ring_model_record(model);
		return true;
	case 'd':
		if (model->kind == RING_SMMU && faultcast_ring_due(&model->ring))
			ring_model_look(model, false);
		ring_model_drive(model);
		return true;
	case 'n':
		ring_model_drive(model);
		return true;
	case 'p':
		ring_model_look(model, false);
		return true;
	case 'w':
		model->cons = model->driver;
		return true;
	case 'l':
		while (ring_model_look(model, true))
			;
		return true;
	case 'L':
		ring_model_look(model, true);
		return true;
	case 'R':
		model->cons = 0;
		model->prod = 0;
		model->driver = 0;
		return true;
	case 'X':
		ring_model_take(model, faultcast_ring_look(&model->ring, ~0U, ~0U));
		return true;
	default:
		return false;
	}
}

static inline bool ring_model_run(struct ring_model *model, const struct ring_script *script)
{
	const char *at = script->plays;

	ring_model_begin(model, script->kind, script->entries);
	while (*at) {
		u32 times = 0;

		for (; *at >= '0' && *at <= '9'; at++)
			times = times * 10 + (*at - '0');
		for (times = times ? times : 1; times; times--)
			if (!ring_model_play(model, *at))
				return false;
		at++;
	}
	ring_model_end_range(model);
	return !model->outside;
}

/*
 * A random course of events with the hook before each record that the driver takes. Returns
 * whether the observer took every record once, in order.
 */
static inline bool ring_model_chance(struct ring_model *model, u32 seed)
{
	enum ring_kind kind = seed & 1 ? RING_SMMU : RING_AMD;
	char expected[24];
	u32 steps;

	ring_model_begin(model, kind, 2U << (seed >> 1) % 8);
	for (steps = 0; steps < 2000; steps++) {
		seed = seed * 1103515245 + 12345;
		if (kind == RING_AMD && seed >> 16 & 1)
			ring_model_play(model, 'p');
		if (seed >> 17 & 1) {
			ring_model_play(model, kind == RING_AMD ? 'p' : 'd');
			/* AMD's driver has read TAIL at the poll. */
			if (kind == RING_AMD)
				ring_model_play(model, 'd');
		} else {
			ring_model_play(model, 'h');
		}
		if (seed >> 18 % 4 == 0)
			ring_model_play(model, 'w');
	}
	ring_model_play(model, 'w');
	for (steps = 0; steps < 2 * RING_MAX; steps++) {
		ring_model_play(model, 'p');
		ring_model_play(model, 'n');
	}
	ring_model_end_range(model);
	snprintf(expected, sizeof(expected), model->number > 1 ? "1-%u" : "%u", model->number);
	return !model->outside && !model->ring.lost && !model->ring.resumed &&
	       model->number && !strcmp(model->seen, expected);
}

#endif /* FAULTCAST_TABLES_RING_H */
