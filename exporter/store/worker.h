/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thread that touches the file.  The loop's thread gives it a batch to
 * write and a read to make, one of each at a time, and is told by an eventfd
 * when one is done.  All functions are for the loop's thread; none but
 * store_worker_stop() and store_worker_settle() waits for I/O.
 *
 * Whatever goes wrong, the batch is kept and tried again, in 1 s to 30 s.
 */
#ifndef FAULTCAST_STORE_WORKER_H
#define FAULTCAST_STORE_WORKER_H

#include <stddef.h>

#include "database.h"
#include "model/cursor.h"

#define STORE_BATCH 1024
#define STORE_READ_MAX 512

struct store_config {
	const char *path;
	uint64_t retention_ns;
	uint64_t retention_bytes;
};

struct store_status {
	bool open;	    /* can be read */
	bool up;	    /* what was tried last did not fail */
	uint64_t bytes;	    /* on disk */
	uint64_t oldest_ns; /* real time of the oldest event; 0: there is none */
	uint64_t errors;
	/* Of events: */
	uint64_t stored;  /* or found to be there already */
	uint64_t retried; /* once more each time */
	uint64_t refused; /* no file can hold their numbers */
};

/* @config's path stays.  0 or -errno; @fd: readable when something is done, or went wrong. */
int store_worker_start(const struct store_config *config, int *fd);

/* Other limits from now on. */
void store_worker_set_retention(uint64_t retention_ns, uint64_t retention_bytes);

/*
 * Ends the thread, after one more try to write what it has.  Waits until
 * @deadline_ns (CLOCK_MONOTONIC), then leaves it to its I/O.  How many events it has
 * not written.
 */
uint64_t store_worker_stop(uint64_t deadline_ns);

/* Room for STORE_BATCH entries; NULL while one is being written. */
struct entry *store_worker_batch(void);
void store_worker_write(size_t num);

/* Waits for store_worker_batch() to have room; false: not by @deadline_ns, or not soon. */
bool store_worker_settle(uint64_t deadline_ns);

/* @filter is copied.  Not before the last read was taken. */
void store_worker_read(const struct cursor *after, const struct event_filter *filter, size_t max);

/* What was read, until the next read; NULL: nothing new.  @code: of SQLite. */
const struct database_read *store_worker_take(int *code);

struct store_status store_worker_status(void);

#endif
