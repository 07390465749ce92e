/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's counters at one moment: STATUS_GET and a DEVICE_GET dump on a
 * socket of their own.  Whoever asks while one is under way shares it.
 */
#ifndef FAULTCAST_BUS_SNAPSHOT_H
#define FAULTCAST_BUS_SNAPSHOT_H

#include <stddef.h>

#include "model/counts.h"
#include "model/module.h"

struct loop;

struct snapshot {
	bool present; /* false: the module is not there, the rest is empty */
	int err;      /* why it could not be asked, 0 or -errno; then nothing is known */
	struct module_status module;
	struct device_counts *devices;
	size_t num_devices;
	uint64_t unknown; /* attributes passed over since the exporter started */
};

/* Embedded by whoever waits. */
struct snapshot_waiter {
	/* Called once; the snapshot is valid during the call, unless it is held. */
	void (*ready)(struct snapshot_waiter *waiter, const struct snapshot *snapshot);
	struct snapshot_waiter *next;
	bool waiting;
};

void snapshot_init(struct loop *loop);

/* Every waiter still waiting is told that the module is not there. */
void snapshot_fini(void);

/* May call ready() before it returns. */
void snapshot_request(struct snapshot_waiter *waiter);
void snapshot_cancel(struct snapshot_waiter *waiter);

/* From within ready(): the snapshot stays as it is, and whoever wants another one waits. */
void snapshot_hold(void);
void snapshot_release(void);

#endif
