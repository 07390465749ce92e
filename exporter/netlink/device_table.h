/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the newest dump, in its order.  Pure. */
#ifndef FAULTCAST_NETLINK_DEVICE_TABLE_H
#define FAULTCAST_NETLINK_DEVICE_TABLE_H

#include <linux/netlink.h>
#include <stddef.h>

#include "model/counts.h"

/* All zero at first: the table is empty. */
struct device_table {
	struct device_counts *devices;
	size_t count;
	size_t allocated;
};

/* A dump begins: the table is empty again and keeps its memory. */
void device_table_begin(struct device_table *table);

/* Decodes the next message of the dump, as decode_device(); also -ENOMEM. */
int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown);

void device_table_free(struct device_table *table);

#endif
