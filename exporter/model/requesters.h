/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cards are behind which requester id.  A card behind a PCIe-to-PCI bridge, with phantom
 * functions or behind VMD faults under a requester id that is not its own.  Pure.
 */
#ifndef FAULTCAST_MODEL_REQUESTERS_H
#define FAULTCAST_MODEL_REQUESTERS_H

#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "counts.h"

/* DMA of the card may appear under the requester id. */
struct requester_link {
	uint64_t requester; /* segment << 16 | bdf */
	size_t card;	    /* a number that the caller gives the card */
};

/* All zero at first, which is empty. */
struct requesters {
	struct requester_link *links;
	size_t count, allocated;
};

/* Empties the list and keeps its memory. */
void requesters_clear(struct requesters *requesters);

/* Adds the aliases of card number @card.  Returns 0 or -ENOMEM. */
int requesters_add(struct requesters *requesters, const struct device_alias *aliases, size_t num,
		   size_t card);

/*
 * Fills the list anew with the aliases of @n devices, whose card numbers are their places in
 * @devices, and sorts it.  Returns 0 or -ENOMEM.
 */
int requesters_fill(struct requesters *requesters, const struct device_counts *devices, size_t n);

/* Must be called after the last requesters_add(), before requesters_of(). */
void requesters_sort(struct requesters *requesters);

/*
 * The links of the requester @device, in the order of card numbers; sets @num.  NULL if @device is
 * the requester id of no card but perhaps itself.
 */
const struct requester_link *requesters_of(const struct requesters *requesters,
					   const struct address *device, size_t *num);

/* Frees the list. */
void requesters_free(struct requesters *requesters);

#endif
