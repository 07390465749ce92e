/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel module keeps: slots and their counters, sequence numbers, the
 * history.  Its faults come from a table: what event N is follows from N alone,
 * and the address of I/O page fault N is N pages.
 */
#ifndef FAULTCAST_STANDIN_MODULE_H
#define FAULTCAST_STANDIN_MODULE_H

#include "model/counts.h"
#include "model/event.h"
#include "model/module.h"

#define HISTORY_DEFAULT 16384
#define HISTORY_MAX (1 << 20)

/*
 * All counters from 0; @instance 0: a random one; with @fleet, FLEET_MAX at most, so
 * many devices more, whose all events are.  0 or -errno.  After an unload the counters
 * stay readable, the history does not.
 */
int module_load(uint32_t history, uint64_t instance, uint32_t fleet);
void module_unload(void);

/* That it is another one than it is, once loaded. */
void module_set_version(const char *version, uint32_t abi);

/* For STATUS_GET and for the driver: always by the law, but for module_drop(). */
const struct module_status *module_status(void);

/* For DEVICE_GET; NULL from the first slot on that there is not. */
const struct device_counts *module_device(uint32_t slot);

/* A slot by the name of its device, or -1. */
int module_find(const char *name);

/* One fault more, raised and published; valid until the history has wrapped. */
const struct fault_event *module_publish(void);

/* @n faults of a device held back by storm control, or lost in a full queue. */
void module_suppress(uint32_t slot, uint64_t n);
void module_lose(uint32_t slot, uint64_t n);

/*
 * So that counters change between two scrapes and no event is sent: before each dump
 * of devices, the next @devices of the fleet in turn lose one fault.  -EINVAL: more
 * than there are.
 */
int module_set_churn(uint32_t devices);
void module_churn(void);

/* A device goes, without its driver, or comes, as a new generation. */
void module_set_present(uint32_t slot, bool present);

/* How many of those no event has told of yet. */
void module_untold(uint64_t *suppressed, uint64_t *lost);

/* A summary of what no event of this device has told of; NULL: there is none. */
const struct fault_event *module_summarize(uint32_t slot);

/* A fault that counts as published and is nowhere: what must never happen. */
void module_drop(void);

/* Moves CLOCK_REALTIME of the events from now on. */
void module_step_clock(int64_t seconds);

/* Dates them back on CLOCK_MONOTONIC. */
void module_set_age(uint64_t seconds);

/* Event @seq, or the oldest retained one after it; @seq is from 1 to head. */
const struct fault_event *module_read(uint64_t seq);

#endif
