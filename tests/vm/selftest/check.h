/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * faultcast_test: what its files offer each other.  A file of tests has a table
 * of cases; main.c runs them all and prints one TAP line for each.
 */
#ifndef FAULTCAST_TEST_CHECK_H
#define FAULTCAST_TEST_CHECK_H

#include <linux/kernel.h>
#include <linux/types.h>

#include "core/event.h"
#include "core/queue.h"
#include "core/slot.h"
#include "core/storm.h"

/* A table: each of its rows is a case, and begins with the case's name, a const char *. */
struct check_group {
	const char *name;
	const void *rows;
	size_t size;		/* of all rows */
	size_t row_size;
	void (*run)(const void *row);
};

#define CHECK_GROUP(_name, _rows, _row, _run) \
	{ .name = _name, .rows = _rows, .size = sizeof(_rows), .row_size = sizeof(_row), \
	  .run = _run }

/* The row of a case that is a function and nothing else, and what runs it. */
struct check_case {
	const char *what;
	void (*run)(void);
};

void check_run_case(const void *row);

/* Both go on after a failure, return whether they passed, and may be used in any context. */
#define expect_eq(got, want) \
	check_eq(__func__, __LINE__, #got, got, want)
#define expect(condition) \
	check_eq(__func__, __LINE__, #condition, !!(condition), 1)

bool check_eq(const char *where, int line, const char *what, u64 got, u64 want);

/* A line of explanation, before the case's result. */
#define check_note(format, ...)	pr_info("#   " format "\n", ##__VA_ARGS__)

/* The case cannot be made here; it must have a reason. */
void check_skip(const char *reason);

/*
 * Runs @fn on all CPUs at once, with interrupts off: in an interrupt on all but
 * this one.  @nth counts the CPUs from 0.  Returns their number when all are done.
 * One caller at a time: two would wait for each other.
 */
unsigned int check_on_all_cpus(void (*fn)(unsigned int nth, void *arg), void *arg);

/* False, and the case is skipped, where there is only one. */
bool check_several_cpus(void);

/* A table of slots and queues of their own, without limits; false when there is no memory. */
bool check_begin(unsigned int devices, unsigned int queue);
void check_end(void);

/* Takes the oldest event that is queued on this CPU. */
bool check_pop(struct faultcast_event *ev);

/* How often a queue has asked for the worker, and what it did in which context. */
extern atomic_t check_woken;
extern atomic_t check_woken_elsewhere;	/* not in hard irq */

/* A sink for the worker that keeps what it is given, and how much that was. */
extern const struct faultcast_sink check_sink;
#define CHECK_NOTIFIED	16
extern struct faultcast_event check_notified[CHECK_NOTIFIED];
extern atomic_t check_num_notified;

/* slots.c, for other files that need slots in a known state. */

/* Frees one, which the module never does: nobody may use it. */
void check_release_slot(u32 index);
u32 check_used_slots(void);

/*
 * Finds @count functions of segment 0 whose keys hash to where that of @bdf does, with @bdf as the
 * first; returns how many there are.  In an empty table, which it leaves empty.
 */
unsigned int check_find_colliding(u16 bdf, u16 *found, unsigned int count);

extern const struct check_group check_slots, check_names, check_claims, check_sharing;
extern const struct check_group check_storm_steps, check_storm_rates, check_storm;
extern const struct check_group check_queue;
extern const struct check_group check_vtd_records, check_vtd_walks, check_vtd;
extern const struct check_group check_unreported;
extern const struct check_group check_identity;

#endif /* FAULTCAST_TEST_CHECK_H */
