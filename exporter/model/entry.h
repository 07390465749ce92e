/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of the stream: an event, a gap where events are missing, or a health change.  Every
 * entry has a cursor.  Pure.
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

/* The cursor of a reader that has everything before @entry. */
struct cursor entry_before(const struct entry *entry);

#define ENTRY_MISSING_MAX 2

/*
 * Finds what is missing between @last, the cursor of a reader, and its next entry @next.  Fills
 * @gaps, which has room for ENTRY_MISSING_MAX entries, and returns their number.  If @last has no
 * instance, the reader has not started yet, so nothing is missing.
 */
size_t entry_missing(const struct cursor *last, const struct entry *next, struct entry *gaps);

#endif
