/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events a reader wants.  Pure. */
#ifndef FAULTCAST_MODEL_FILTER_H
#define FAULTCAST_MODEL_FILTER_H

#include <stddef.h>

#include "address.h"
#include "event.h"
#include "health.h"

#define FILTER_DEVICES_MAX 16

/* All zero wants everything. */
struct event_filter {
	struct address devices[FILTER_DEVICES_MAX];
	size_t num_devices; /* 0: all */
	uint32_t kinds;	    /* a bit for each enum faultcast_kind; 0: all */
	/* Real time, [since, until); 0: no bound. */
	uint64_t since_ns;
	uint64_t until_ns;
};

/* True when there is nothing that @filter keeps out. */
bool filter_is_all(const struct event_filter *filter);

bool filter_matches(const struct event_filter *filter, const struct fault_event *ev);

/*
 * The same but for the kind: whether @filter wants to know of events that were not
 * published before @ev, for nobody can say of which kind they were.
 */
bool filter_concerns(const struct event_filter *filter, const struct fault_event *ev);
/* A change of health is of no kind of event, so kinds keep none out. */
bool filter_wants_health(const struct event_filter *filter, const struct health_change *change);
bool filter_matches_device(const struct event_filter *filter, const struct address *device);

#endif
