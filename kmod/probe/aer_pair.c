// SPDX-License-Identifier: GPL-2.0-only
/* Remembers the last report of an advisory non-fatal error of each task. */
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/hash.h>

#include "aer_pair.h"
#include "uapi/faultcast.h"

#define ADVISORY	BIT(13)	/* PCI_ERR_COR_ADV_NFAT */

/* More tasks than root ports usually have errors at once.  If two collide, no pair is found. */
#define PLACES_BITS	6

static struct aer_report firsts[1 << PLACES_BITS];

/* Another task may write the same place meanwhile.  Then the tasks or the slots differ. */
static bool is_pair(const struct aer_report *first, const struct aer_report *second)
{
	return READ_ONCE(first->task) == second->task && READ_ONCE(first->slot) == second->slot &&
	       second->severity == FAULTCAST_SEVERITY_NONFATAL &&
	       second->frame < READ_ONCE(first->frame);
}

bool aer_pair_is_second(const struct aer_report *report)
{
	struct aer_report *place = &firsts[hash_ptr(report->task, PLACES_BITS)];
	bool second = is_pair(place, report);

	WRITE_ONCE(place->task, NULL);
	if (report->severity == FAULTCAST_SEVERITY_CORRECTED && report->status & ADVISORY) {
		WRITE_ONCE(place->slot, report->slot);
		WRITE_ONCE(place->frame, report->frame);
		WRITE_ONCE(place->task, report->task);
	}
	return second;
}
