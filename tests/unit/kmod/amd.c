// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the module decodes each type of record of the AMD IOMMU's event log by the
 * specification. It finds every IOMMU once in the ACPI table IVRS, and no table makes it read
 * beyond the end.
 *
 * This is kmod/probe/amd_decode.c and amd_ivrs.c themselves, built against the stand-ins in
 * tests/unit/kernel/.
 */
#include "../../../kmod/probe/amd_decode.c"
#include "../../../kmod/probe/amd_ivrs.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../tables/amd.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void records_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(amd_records); i++) {
		const struct amd_test_record *test = &amd_records[i];
		struct faultcast_event ev = { 0 };
		u32 words[4];
		u16 bdf = 0;

		amd_test_words(test, words);
		amd_decode(words, &ev);
		if (!amd_record_is(&ev, &test->want))
			fail_msg("%s: kind %u access %u reason %#x flags %#x iova %#llx pasid %#x "
				 "has %#x",
				 test->what, ev.kind, ev.access, ev.reason, ev.iommu_flags,
				 (unsigned long long)ev.iova, ev.pasid, ev.has);
		if (amd_record_requester(words, &bdf) != test->known || bdf != test->bdf)
			fail_msg("%s: requester %#x", test->what, bdf);
		assert_int_equal(amd_record_is_written(words[1]), test->type != 0);
	}
}

static void what_others_filled_stays(void **state)
{
	struct faultcast_event ev = { .slot = 7, .flags = 1, .has = FAULTCAST_HAS_TLP };
	u32 words[4];

	(void)state;
	amd_test_words(&amd_records[0], words);
	amd_decode(words, &ev);
	assert_int_equal(ev.slot, 7);
	assert_int_equal(ev.flags, 1);
	assert_true(ev.has & FAULTCAST_HAS_TLP);
}

static void registers(void **state)
{
	const u64 on = 0xd, qemu = 0x0900000001a68000;
	u64 dte[4] = { ~0ULL, ~0ULL, ~1ULL, ~0ULL };

	(void)state;
	assert_int_equal(amd_table_address(qemu), 0x1a68000);
	assert_int_equal(amd_table_address(~0ULL), 0xffffffffff000);
	assert_int_equal(amd_evt_entries(qemu), 512);
	assert_int_equal(amd_evt_entries(0xfULL << 56), 32768);
	assert_int_equal(amd_evt_entries(0x8ULL << 56), 256);
	assert_int_equal(amd_evt_entries(0x7ULL << 56), 0);
	assert_int_equal(amd_evt_entries(0), 0);
	assert_int_equal(amd_unit_flags(on, false), FAULTCAST_UNIT_F_FAULTS);
	assert_int_equal(amd_unit_flags(on | 0xff0, true),
			 FAULTCAST_UNIT_F_FAULTS | FAULTCAST_UNIT_F_INTERRUPT_REMAPPING);
	for (u64 bit = 1; bit < 16; bit <<= 1)
		assert_int_equal(!amd_unit_flags(on & ~bit, true), bit != 2);
	assert_int_equal(amd_unit_flags(~0ULL, true), 0);
	assert_false(amd_dte_remaps_interrupts(dte));
	dte[2] = 1;
	assert_true(amd_dte_remaps_interrupts(dte));
}

/* A table: 48 bytes of header, then blocks. */
struct table {
	u8 bytes[512];
	size_t size;
};

static void put(u8 *at, u64 value, unsigned int bytes)
{
	for (; bytes--; value >>= 8)
		*at++ = (u8)value;
}

static void add(struct table *table, u8 type, u16 length, u16 bdf, u64 address, u16 segment)
{
	u8 *block = table->bytes + table->size;

	block[0] = type;
	put(block + 2, length, 2);
	if (length >= 24) {
		put(block + 4, bdf, 2);
		put(block + 8, address, 8);
		put(block + 16, segment, 2);
	}
	table->size += length;
}

/* An allocation of the exact size lets ASan see a read beyond the end. */
static unsigned int read_table(const struct table *table, struct amd_ivhd *found, unsigned int max)
{
	void *copy = malloc(table->size ? table->size : 1);
	unsigned int num;

	memcpy(copy, table->bytes, table->size);
	num = amd_ivrs_read(copy, table->size, found, max);
	free(copy);
	return num;
}

static void each_iommu_is_found_once(void **state)
{
	struct table table = { .size = 48 };
	struct amd_ivhd found[4];

	(void)state;
	add(&table, 0x10, 24, 0x0002, 0xfd200000, 0);
	add(&table, 0x10, 32, 0x4002, 0xfd300000, 1);
	add(&table, 0x20, 32, 0x0003, 0xbad00000, 0); /* a memory definition */
	add(&table, 0x10, 24, 0x6002, 0, 0);
	add(&table, 0x11, 64, 0x0002, 0xfd200000, 0);
	add(&table, 0x40, 48, 0x4002, 0xfd300000, 1);
	add(&table, 0x40, 40, 0x8002, 0x12fd400000, 0xffff);
	assert_int_equal(read_table(&table, found, 4), 3);
	assert_int_equal(found[0].address, 0xfd200000);
	assert_int_equal(found[0].bdf, 0x0002);
	assert_int_equal(found[0].segment, 0);
	assert_int_equal(found[1].address, 0xfd300000);
	assert_int_equal(found[1].bdf, 0x4002);
	assert_int_equal(found[1].segment, 1);
	assert_int_equal(found[2].address, 0x12fd400000);
	assert_int_equal(found[2].segment, 0xffff);
	assert_int_equal(read_table(&table, found, 1), 1);
	assert_int_equal(read_table(&table, found, 0), 0);
}

static void a_damaged_table_ends_the_search(void **state)
{
	struct table table = { .size = 48 };
	struct amd_ivhd found[4];

	(void)state;
	add(&table, 0x10, 24, 0x0002, 0xfd200000, 0);
	add(&table, 0x10, 24, 0x4002, 0xfd300000, 0);
	for (size_t size = 0; size <= table.size; size++) {
		struct table cut = table;

		cut.size = size;
		assert_int_equal(read_table(&cut, found, 4), (size >= 72) + (size >= 96));
	}
	put(table.bytes + 48 + 2, 0, 2); /* a block without length */
	assert_int_equal(read_table(&table, found, 4), 0);
	put(table.bytes + 48 + 2, 20, 2); /* too short for an IOMMU; what follows is no block */
	assert_int_equal(read_table(&table, found, 4), 0);
	put(table.bytes + 48 + 2, 0xffff, 2);
	assert_int_equal(read_table(&table, found, 4), 0);
}

static void arbitrary_tables_are_safe(void **state)
{
	u32 random = 1;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		static const u8 likely[] = { 0x10, 0x11, 0x40, 4, 24, 0, 0, 1 };
		struct table table = { .size = round % 200 };
		struct amd_ivhd found[8];

		for (size_t i = 0; i < table.size; i++) {
			random = random * 1103515245 + 12345;
			table.bytes[i] = likely[random >> 16 & 7];
		}
		assert_true(read_table(&table, found, 8) <= 8);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_decoded),
		cmocka_unit_test(what_others_filled_stays),
		cmocka_unit_test(registers),
		cmocka_unit_test(each_iommu_is_found_once),
		cmocka_unit_test(a_damaged_table_ends_the_search),
		cmocka_unit_test(arbitrary_tables_are_safe),
	};

	return cmocka_run_group_tests_name("amd", tests, NULL, NULL);
}
