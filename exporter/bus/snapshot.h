/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's counters at one moment: the answers to STATUS_GET and to a DEVICE_GET dump.
 * Requests that are made while a snapshot is being read share that snapshot.
 */
#ifndef FAULTCAST_BUS_SNAPSHOT_H
#define FAULTCAST_BUS_SNAPSHOT_H

#include <stddef.h>

#include "model/counts.h"
#include "model/module.h"

struct loop;

struct snapshot {
	bool present; /* false: the module is not loaded, and the members below are empty */
	int err;      /* 0, or -errno if the module could not be asked */
	struct module_status module;
	struct device_counts *devices;
	size_t num_devices;
	/* Since the exporter started: */
	uint64_t unknown;   /* unknown attributes ignored */
	uint64_t malformed; /* devices left out, because their messages are malformed or repeated */
};

/* A request for a snapshot.  The caller sets ready() and owns the memory. */
struct snapshot_waiter {
	/* Called once.  @snapshot is valid during the call, or until snapshot_release(). */
	void (*ready)(struct snapshot_waiter *waiter, const struct snapshot *snapshot);
	struct snapshot_waiter *next;
	bool waiting;
};

/* Prepares reading snapshots on @loop. */
void snapshot_init(struct loop *loop);

/* Tells every waiter that the module is not present, and frees the snapshot. */
void snapshot_fini(void);

/* Requests a snapshot.  May call ready() before it returns. */
void snapshot_request(struct snapshot_waiter *waiter);

/* Withdraws a request; does nothing if @waiter does not wait. */
void snapshot_cancel(struct snapshot_waiter *waiter);

/*
 * Called from ready(): keeps the snapshot unchanged after the call.  Requests wait meanwhile.
 */
void snapshot_hold(void);

/* Ends snapshot_hold(). */
void snapshot_release(void);

#endif
