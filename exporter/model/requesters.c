// SPDX-License-Identifier: GPL-2.0-or-later
#include "requesters.h"

#include <errno.h>
#include <stdlib.h>

void requesters_clear(struct requesters *requesters)
{
	requesters->count = 0;
}

static uint64_t key_of(uint32_t segment, uint16_t bdf)
{
	return (uint64_t)segment << 16 | bdf;
}

int requesters_add(struct requesters *requesters, const struct device_alias *aliases, size_t num,
		   size_t card)
{
	size_t needed = requesters->count + num;

	if (needed > requesters->allocated) {
		void *grown = reallocarray(requesters->links, 2 * needed,
					   sizeof(*requesters->links));

		if (!grown)
			return -ENOMEM;
		requesters->links = grown;
		requesters->allocated = 2 * needed;
	}
	for (size_t i = 0; i < num; i++)
		requesters->links[requesters->count++] = (struct requester_link){
			.requester = key_of(aliases[i].segment, aliases[i].bdf),
			.card = card,
		};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct requester_link *x = a, *y = b;

	if (x->requester != y->requester)
		return x->requester < y->requester ? -1 : 1;
	return x->card < y->card ? -1 : x->card > y->card;
}

void requesters_sort(struct requesters *requesters)
{
	if (requesters->count)
		qsort(requesters->links, requesters->count, sizeof(*requesters->links), compare);
}

int requesters_fill(struct requesters *requesters, const struct device_counts *devices, size_t n)
{
	int err = 0;

	requesters_clear(requesters);
	for (size_t i = 0; i < n && !err; i++)
		err = requesters_add(requesters, devices[i].aliases, devices[i].num_aliases, i);
	requesters_sort(requesters);
	return err;
}

const struct requester_link *requesters_of(const struct requesters *requesters,
					   const struct address *device, size_t *num)
{
	const uint64_t key = key_of(device->segment, device->bdf);
	size_t from = 0, to = requesters->count, end;

	*num = 0;
	if (device->type != ADDRESS_PCI)
		return NULL;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (requesters->links[middle].requester < key)
			from = middle + 1;
		else
			to = middle;
	}
	for (end = from; end < requesters->count && requesters->links[end].requester == key; end++)
		;
	*num = end - from;
	return *num ? &requesters->links[from] : NULL;
}

void requesters_free(struct requesters *requesters)
{
	free(requesters->links);
	*requesters = (struct requesters){ 0 };
}
