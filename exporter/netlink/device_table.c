// SPDX-License-Identifier: GPL-2.0-or-later
#include "device_table.h"

#include <errno.h>
#include <stdlib.h>

#include "decode.h"

void device_table_begin(struct device_table *table)
{
	table->count = 0;
}

static int grow(struct device_table *table)
{
	size_t more = table->allocated ? table->allocated * 2 : 64;
	void *grown = reallocarray(table->devices, more, sizeof(*table->devices));

	if (!grown)
		return -ENOMEM;
	table->devices = grown;
	table->allocated = more;
	return 0;
}

int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown)
{
	int err = table->count == table->allocated ? grow(table) : 0;

	if (!err)
		err = decode_device(nlh, &table->devices[table->count], unknown);
	if (!err)
		table->count++;
	return err;
}

void device_table_free(struct device_table *table)
{
	free(table->devices);
	*table = (struct device_table){ 0 };
}
