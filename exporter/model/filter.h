/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries that a reader of the stream wants.  Pure. */
#ifndef FAULTCAST_MODEL_FILTER_H
#define FAULTCAST_MODEL_FILTER_H

#include <stddef.h>

#include "address.h"
#include "event.h"
#include "health.h"

#define FILTER_DEVICES_MAX 16

/* An event passes if it matches every criterion.  A filter that is all zero passes everything. */
struct event_filter {
	struct address devices[FILTER_DEVICES_MAX];
	size_t num_devices; /* 0: all */
	uint32_t kinds;	    /* a bit for each enum faultcast_kind; 0: all */
	/* CLOCK_REALTIME, in nanoseconds: since_ns <= time < until_ns; 0: no bound. */
	uint64_t since_ns;
	uint64_t until_ns;
};

/* True if @filter passes everything. */
bool filter_is_all(const struct event_filter *filter);

/* True if @ev passes. */
bool filter_matches(const struct event_filter *filter, const struct fault_event *ev);

/*
 * True if the gaps before @ev pass, which state unreported faults of its device.  The kinds of the
 * filter do not apply, because the kind of an unreported fault is unknown.
 */
bool filter_concerns(const struct event_filter *filter, const struct fault_event *ev);

/* True if @change passes.  The kinds of the filter apply to events only. */
bool filter_wants_health(const struct event_filter *filter, const struct health_change *change);

/* True if @filter passes entries of @device. */
bool filter_matches_device(const struct event_filter *filter, const struct address *device);

#endif
