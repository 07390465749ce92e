// SPDX-License-Identifier: GPL-2.0-or-later
#include "address_set.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct address_set *set)
{
	size_t more = set->allocated ? set->allocated * 2 : 64;
	void *grown = reallocarray(set->at, more, sizeof(*set->at));

	if (!grown)
		return false;
	set->at = grown;
	set->allocated = more;
	return true;
}

bool address_set_add(struct address_set *set, const struct address *address)
{
	uint64_t key = (uint64_t)address->segment << 16 | address->bdf;
	size_t place = set->count;

	while (place && set->at[place - 1] > key)
		place--;
	if (place && set->at[place - 1] == key)
		return true;
	if (set->count == set->allocated && !grow(set))
		return false;
	memmove(set->at + place + 1, set->at + place, (set->count - place) * sizeof(*set->at));
	set->at[place] = key;
	set->count++;
	return true;
}

bool address_set_take(struct address_set *set, struct address *address)
{
	uint64_t key;

	if (!set->count)
		return false;
	key = set->at[--set->count];
	*address = (struct address){ .type = ADDRESS_PCI,
				     .segment = (uint32_t)(key >> 16),
				     .bdf = (uint16_t)key };
	return true;
}

void address_set_free(struct address_set *set)
{
	free(set->at);
	*set = (struct address_set){ 0 };
}
