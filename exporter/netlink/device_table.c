// SPDX-License-Identifier: GPL-2.0-or-later
#include "device_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "model/address.h"

void device_table_begin(struct device_table *table)
{
	table->count = 0;
	if (table->index)
		memset(table->index, 0, 2 * table->allocated * sizeof(*table->index));
}

static size_t hash(const struct address *address)
{
	uint64_t h = (uint64_t)address->type << 48 | (uint64_t)address->segment << 16 |
		     address->bdf;

	if (address->type == ADDRESS_NAME)
		for (const char *c = address->name; *c; c++)
			h = h * 31 + (unsigned char)*c;
	return (size_t)((h * 0x9e3779b97f4a7c15) >> 32);
}

/* Returns where the index has the place of @address, or where that belongs. */
static uint32_t *find(const struct device_table *table, const struct address *address)
{
	const size_t mask = 2 * table->allocated - 1;
	size_t at = hash(address) & mask;

	while (table->index[at] &&
	       !address_equal(&table->devices[table->index[at] - 1].address, address))
		at = (at + 1) & mask;
	return &table->index[at];
}

static int grow(struct device_table *table)
{
	size_t more = table->allocated ? table->allocated * 2 : 64;
	uint32_t *index;
	void *grown;

	if (more > DEVICE_TABLE_MAX)
		return -ENOSPC;
	grown = reallocarray(table->devices, more, sizeof(*table->devices));
	if (!grown)
		return -ENOMEM;
	table->devices = grown;
	index = calloc(more, 2 * sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(table->index);
	table->index = index;
	table->allocated = more;
	for (size_t i = 0; i < table->count; i++)
		*find(table, &table->devices[i].address) = (uint32_t)i + 1;
	return 0;
}

int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown)
{
	int err = table->count == table->allocated ? grow(table) : 0;
	uint32_t *place;

	if (!err)
		err = decode_device(nlh, &table->devices[table->count], unknown);
	if (err)
		return err;
	place = find(table, &table->devices[table->count].address);
	if (*place)
		return -EEXIST;
	*place = (uint32_t)++table->count;
	return 0;
}

void device_table_free(struct device_table *table)
{
	free(table->devices);
	free(table->index);
	*table = (struct device_table){ 0 };
}
