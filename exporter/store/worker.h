/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker is the only thread that uses the store's file.  At any time, the loop's thread has
 * given the worker at most one batch to write and one read.  An eventfd becomes readable when one
 * of them is done.  All functions must be called on the loop's thread.  Only store_worker_stop()
 * and store_worker_settle() wait for I/O.
 *
 * When writing fails, the worker keeps the batch and tries again after 1 s, then less often, up to
 * every 30 s.
 */
#ifndef FAULTCAST_STORE_WORKER_H
#define FAULTCAST_STORE_WORKER_H

#include <stddef.h>

#include "database.h"
#include "model/cursor.h"

#define STORE_BATCH 1024   /* entries */
#define STORE_READ_MAX 512 /* entries */

struct store_config {
	const char *path;
	uint64_t retention_ns;
	uint64_t retention_bytes;
};

struct store_status {
	bool open;	    /* the file can be read */
	bool up;	    /* the last operation did not fail */
	uint64_t bytes;	    /* size of the file and its write-ahead log */
	uint64_t oldest_ns; /* real time of the oldest event; 0: there is none */
	uint64_t errors;    /* operations that failed, and damaged rows */
	/* Numbers of events: */
	uint64_t stored;  /* including those that the file had already */
	uint64_t retried; /* an event counts again for each retry */
	uint64_t refused; /* not stored, because SQLite cannot represent their sequence numbers */
};

/*
 * Starts the thread.  The path in @config must stay valid until store_worker_stop().  Sets @fd to
 * the eventfd, which the worker owns; it becomes readable when a batch or a read is done or an
 * operation failed.  Returns 0 or -errno.
 */
int store_worker_start(const struct store_config *config, int *fd);

/* Changes the limits, in nanoseconds and bytes. */
void store_worker_set_retention(uint64_t retention_ns, uint64_t retention_bytes);

/*
 * Makes the worker try once more to write the batch, and ends the thread.  Waits until @deadline_ns
 * (CLOCK_MONOTONIC) at most.  If the thread still waits for I/O then, it is detached.  Returns the
 * number of events that are not written.
 */
uint64_t store_worker_stop(uint64_t deadline_ns);

/* The batch to fill, with room for STORE_BATCH entries.  NULL while a batch is being written. */
struct entry *store_worker_batch(void);

/* Lets the worker write the first @num entries of the batch. */
void store_worker_write(size_t num);

/*
 * Waits until store_worker_batch() is not NULL.  Returns false if @deadline_ns (CLOCK_MONOTONIC)
 * passes, or if the worker is waiting to retry.
 */
bool store_worker_settle(uint64_t deadline_ns);

/*
 * Begins a read of at most @max entries.  @after and @filter are copied.  Must not be called before
 * store_worker_take() has returned the last read.
 */
void store_worker_read(const struct cursor *after, const struct event_filter *filter, size_t max);

/*
 * Takes the result of a read, which is valid until the next read.  Returns NULL if no read has been
 * completed.  @code is SQLITE_OK or an error code of SQLite.
 */
const struct database_read *store_worker_take(int *code);

/* A copy of the present status. */
struct store_status store_worker_status(void);

#endif
