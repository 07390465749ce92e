/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the stream is made of: events, gaps where events are missing, and what the
 * exporter says of devices between events; each at its cursor.  Pure.
 */
#ifndef FAULTCAST_MODEL_ENTRY_H
#define FAULTCAST_MODEL_ENTRY_H

#include <stddef.h>

#include "cursor.h"
#include "event.h"
#include "gap.h"
#include "health.h"

enum entry_kind { ENTRY_EVENT, ENTRY_GAP, ENTRY_HEALTH };

struct entry {
	struct cursor at;
	enum entry_kind kind;
	union {
		struct fault_event event;
		struct fault_gap gap;
		struct health_change health;
	};
};

/* Where a reader stands that has everything before @entry. */
struct cursor entry_before(const struct entry *entry);

#define ENTRY_MISSING_MAX 2

/*
 * What a reader at @last, whose next entry is @next, has not been told: up to
 * ENTRY_MISSING_MAX gaps, with their cursors, in @gaps; returns how many.  With
 * @last of no instance nothing is claimed, so nothing is missing.
 */
size_t entry_missing(const struct cursor *last, const struct entry *next, struct entry *gaps);

#endif
