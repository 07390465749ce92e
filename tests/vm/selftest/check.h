/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of faultcast_test. Each file of tests has a table of cases. main.c
 * runs them all and prints one TAP line for each.
 */
#ifndef FAULTCAST_TEST_CHECK_H
#define FAULTCAST_TEST_CHECK_H

#include <linux/kernel.h>
#include <linux/types.h>

#include "core/event.h"
#include "core/queue.h"
#include "core/slot.h"
#include "core/storm.h"

/* A table of cases. Each row begins with the case's name, a const char *. */
struct check_group {
	const char *name;
	const void *rows;
	size_t size;		/* the whole table's size */
	size_t row_size;
	void (*run)(const void *row);
};

#define CHECK_GROUP(_name, _rows, _row, _run) \
	{ .name = _name, .rows = _rows, .size = sizeof(_rows), .row_size = sizeof(_row), \
	  .run = _run }

/* The row of a case that is only a function, and the function that runs such rows. */
struct check_case {
	const char *what;
	void (*run)(void);
};

void check_run_case(const void *row);

/* Both continue after a failure, return whether they passed, and may be used in any context. */
#define expect_eq(got, want) \
	check_eq(__func__, __LINE__, #got, got, want)
#define expect(condition) \
	check_eq(__func__, __LINE__, #condition, !!(condition), 1)

bool check_eq(const char *where, int line, const char *what, u64 got, u64 want);

/* Logs a line of explanation, before the result of the case. */
#define check_note(format, ...)	pr_info("#   " format "\n", ##__VA_ARGS__)

/* Skips the case with a reason, if it cannot be tested here. */
void check_skip(const char *reason);

/*
 * Runs @fn on all CPUs at once with interrupts off; on all but this CPU it is in an
 * interrupt. @nth counts the CPUs from 0. Returns their number when all are done. Only
 * one caller at a time: two callers would wait for each other.
 */
unsigned int check_on_all_cpus(void (*fn)(unsigned int nth, void *arg), void *arg);

/* Returns false and skips the case if there is only one CPU. */
bool check_several_cpus(void);

/* Makes a table of slots and queues without limits. Returns false if there is no memory. */
bool check_begin(unsigned int devices, unsigned int queue);
void check_end(void);

/* Takes the oldest event that is queued on this CPU. */
bool check_pop(struct faultcast_event *ev);

/* How often queues have woken the worker, in total and outside hard interrupts. */
extern atomic_t check_woken;
extern atomic_t check_woken_elsewhere;	/* not in hard interrupt context */

/* A sink for the worker that keeps its events and their number. */
extern const struct faultcast_sink check_sink;
#define CHECK_NOTIFIED	16
extern struct faultcast_event check_notified[CHECK_NOTIFIED];
extern atomic_t check_num_notified;

/* Functions of slots.c for other files that need slots in a known state. */

/* Frees a slot, which the module never does. Nothing may use the slot. */
void check_release_slot(u32 index);
u32 check_used_slots(void);

/*
 * Finds @count functions of segment 0 whose keys have the same hash position as @bdf,
 * beginning with @bdf. Returns how many it found. The table must be empty, and is empty
 * again afterwards.
 */
unsigned int check_find_colliding(u16 bdf, u16 *found, unsigned int count);

extern const struct check_group check_slots, check_names, check_claims, check_sharing;
extern const struct check_group check_storm_steps, check_storm_rates, check_storm;
extern const struct check_group check_queue;
extern const struct check_group check_amd_records, check_amd;
extern const struct check_group check_vtd_records, check_vtd_walks, check_vtd;
extern const struct check_group check_ring_scripts, check_ring, check_garbage, check_hook;
extern const struct check_group check_smmuv3;
extern const struct check_group check_dpc, check_recovery, check_slot_changes, check_pciehp;
extern const struct check_group check_unreported;
extern const struct check_group check_identity;
extern const struct check_group check_serials, check_aliases, check_cards;

#endif /* FAULTCAST_TEST_CHECK_H */
