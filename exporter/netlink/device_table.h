/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the newest DEVICE_GET dump, in the order of the dump.  Pure. */
#ifndef FAULTCAST_NETLINK_DEVICE_TABLE_H
#define FAULTCAST_NETLINK_DEVICE_TABLE_H

#include <linux/netlink.h>
#include <stddef.h>

#include "model/counts.h"

/* All zero at first, which is an empty table. */
struct device_table {
	struct device_counts *devices;
	size_t count;
	size_t allocated;
	uint32_t
		*index; /* hash table of the places of devices plus 1, twice as large as @devices */
};

/* More than the module's parameter devices= allows. */
#define DEVICE_TABLE_MAX (1 << 17)

/* Empties the table at the beginning of a dump, and keeps its memory. */
void device_table_begin(struct device_table *table);

/*
 * Decodes the next message of the dump.  Returns as decode_device() does, -EEXIST if the dump has
 * had a device of the same address, -ENOSPC if the dump is too long, or -ENOMEM.
 */
int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown);

/* Frees the memory; the table is empty then. */
void device_table_free(struct device_table *table);

#endif
