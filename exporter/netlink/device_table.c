// SPDX-License-Identifier: GPL-2.0-or-later
#include "device_table.h"

#include <errno.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

struct device_bytes {
	char *s;
	size_t len; /* 0: of nothing that could be decoded */
	size_t size;
};

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
	grown = reallocarray(table->bytes, more, sizeof(*table->bytes));
	if (!grown)
		return -ENOMEM;
	table->bytes = grown;
	table->allocated = more;
	return 0;
}

static int remember(struct device_bytes *bytes, const void *s, size_t len)
{
	if (len > bytes->size) {
		char *grown = realloc(bytes->s, len);

		if (!grown)
			return -ENOMEM;
		bytes->s = grown;
		bytes->size = len;
	}
	memcpy(bytes->s, s, len);
	bytes->len = len;
	return 0;
}

int device_table_add(struct device_table *table, struct nlmsghdr *nlh, uint64_t *unknown)
{
	/* Without the header, whose sequence number is the request's. */
	size_t len = (size_t)nlmsg_datalen(nlh);
	struct device_bytes *bytes;
	int err;

	if (table->count == table->allocated) {
		err = grow(table);
		if (err)
			return err;
	}
	if (table->count == table->known)
		table->bytes[table->known++] = (struct device_bytes){ 0 };
	bytes = &table->bytes[table->count];
	if (len && bytes->len == len && !memcmp(bytes->s, nlmsg_data(nlh), len)) {
		table->count++;
		return 0;
	}
	bytes->len = 0;
	err = decode_device(nlh, &table->devices[table->count], unknown);
	if (err)
		return err;
	table->count++;
	return remember(bytes, nlmsg_data(nlh), len);
}

void device_table_free(struct device_table *table)
{
	for (size_t i = 0; i < table->known; i++)
		free(table->bytes[i].s);
	free(table->bytes);
	free(table->devices);
	*table = (struct device_table){ 0 };
}
