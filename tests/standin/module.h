/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the kernel module: slots and their counters, sequence numbers, and the
 * history. The faults come from a table: event N depends on N alone, and the address of
 * I/O page fault N is page N.
 */
#ifndef FAULTCAST_STANDIN_MODULE_H
#define FAULTCAST_STANDIN_MODULE_H

#include "model/counts.h"
#include "model/event.h"
#include "model/module.h"

#define HISTORY_DEFAULT 16384
#define HISTORY_MAX (1 << 20)

/*
 * Resets all counters. @instance 0 chooses a random instance. With @fleet, at most
 * FLEET_MAX, there are this many more devices, and all events are theirs. Returns 0 or
 * -errno. After an unload the counters can still be read, but not the history.
 */
int module_load(uint32_t history, uint64_t instance, uint32_t fleet);
void module_unload(void);

/* Reports another version and ABI after the module is loaded. */
void module_set_version(const char *version, uint32_t abi);

/* @state is "exact" or the name of an enum faultcast_probe_state. Returns 0 or -EINVAL. */
int module_set_probe(const char *name, const char *state);

/*
 * Sets the state of the VT-d unit with this index: whether its faults arrive, and whether it remaps
 * interrupts. Returns 0 or -EINVAL. A module before ABI 5 tells nothing about units.
 */
int module_set_unit(unsigned int unit, bool faults, bool interrupt_remapping);
void module_forget_units(void);

/*
 * Adds an error that the IOMMU with this index has reported. The same error may be added twice, as
 * a module that lies would send it. Returns 0 or -EINVAL.
 */
int module_add_error(unsigned int unit, const char *name, uint64_t count);

/* For STATUS_GET and the driver. The counts obey the law of conservation until module_drop(). */
const struct module_status *module_status(void);

/* For DEVICE_GET. Returns NULL from the first unused slot on. */
const struct device_counts *module_device(uint32_t slot);

/* The slot of the device with this name, or -1. */
int module_find(const char *name);

/* Raises and publishes one more fault. The result is valid until the history has wrapped. */
const struct fault_event *module_publish(void);

/* Suppresses @n faults of a device by storm control, or loses them in a full queue. */
void module_suppress(uint32_t slot, uint64_t n);
void module_lose(uint32_t slot, uint64_t n);

/*
 * Lets only the first @devices of the fleet fault from now on. Returns -EINVAL if there are fewer
 * devices, or for 0.
 */
int module_set_faulty(uint32_t devices);

/*
 * Makes counters change between two scrapes without any event: before each dump of
 * devices, the next @devices that may fault lose one fault each. Returns -EINVAL if there
 * are fewer devices.
 */
int module_set_churn(uint32_t devices);
void module_churn(void);

/* Removes a device and its driver, or adds it again as a new generation. */
void module_set_present(uint32_t slot, bool present);

/* Makes the device a requester id that is no device. */
void module_forget_device(uint32_t slot);

/* Adds @alias to the aliases of a device.  Returns -ENOSPC if it has too many. */
int module_add_alias(uint32_t slot, const struct address *alias);

/* The total numbers of unreported faults. */
void module_unreported(uint64_t *suppressed, uint64_t *lost);

/* A summary of this device's unreported faults; NULL: there are none. */
const struct fault_event *module_summarize(uint32_t slot);

/* Counts a fault as published without publishing it, which must never happen. */
void module_drop(void);

/* Moves CLOCK_REALTIME of later events. */
void module_step_clock(int64_t seconds);

/* Moves CLOCK_MONOTONIC of later events back by @seconds. */
void module_set_age(uint64_t seconds);

/* Event @seq, or the oldest retained event after it. @seq is from 1 to the head. */
const struct fault_event *module_read(uint64_t seq);

#endif
