/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of the newest dump, in its order.  Most are as they were in the one before: what
 * comes again with the same bytes at the same place is not decoded again.  Pure.
 */
#ifndef FAULTCAST_NETLINK_DEVICE_TABLE_H
#define FAULTCAST_NETLINK_DEVICE_TABLE_H

#include <linux/netlink.h>

#include "model/event.h"

/* Empty when it is 0. */
struct device_table {
	struct device_counts *devices;
	size_t count;
	struct device_bytes *bytes; /* that each was decoded from */
	size_t known;		    /* from this dump or one before */
	size_t allocated;
};

/* A dump begins: the table is empty, and remembers. */
void device_table_begin(struct device_table *table);

/*
 * Its next message; as decode_device(), -ENOMEM too.  What is passed over is added to *@unknown
 * only when it is decoded.
 */
int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown);

void device_table_free(struct device_table *table);

#endif
