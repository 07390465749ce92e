// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table IVRS is a header and a sequence of blocks.  A block begins with type, flags
 * and length; the blocks of the types 0x10, 0x11 and 0x40 describe an IOMMU.  Newer types
 * repeat an older block with more information.
 */
#include <linux/string.h>

#include "amd_ivrs.h"

#define FIRST_BLOCK	48
#define BLOCK_MIN	4
#define IVHD_MIN	24
#define IVHD_10		0x10
#define IVHD_11		0x11
#define IVHD_40		0x40

static u64 get(const u8 *at, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* An IOMMU without an address is not in use. */
static bool is_iommu(const u8 *block, size_t length, struct amd_ivhd *ivhd)
{
	if (length < IVHD_MIN ||
	    (block[0] != IVHD_10 && block[0] != IVHD_11 && block[0] != IVHD_40))
		return false;
	ivhd->bdf = get(block + 4, 2);
	ivhd->address = get(block + 8, 8);
	ivhd->segment = get(block + 16, 2);
	return ivhd->address;
}

static bool is_known(const struct amd_ivhd *found, unsigned int num, u64 address)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		if (found[i].address == address)
			return true;
	return false;
}

unsigned int amd_ivrs_read(const void *table, size_t size, struct amd_ivhd *found,
			   unsigned int max)
{
	const u8 *bytes = table;
	size_t at = FIRST_BLOCK;
	unsigned int num = 0;

	while (num < max && at + BLOCK_MIN <= size) {
		size_t length = get(bytes + at + 2, 2);
		struct amd_ivhd ivhd;

		if (length < BLOCK_MIN || length > size - at)
			break;
		if (is_iommu(bytes + at, length, &ivhd) && !is_known(found, num, ivhd.address))
			found[num++] = ivhd;
		at += length;
	}
	return num;
}
