// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: each type of SMMUv3 event is decoded as Arm IHI 0070 lays it out, an address and an
 * access are reported only for the types that have them, and a stall is recognised. The registers
 * of a unit are where its resource has them.
 *
 * This is kmod/probe/smmuv3_decode.c itself, built against the stand-ins in tests/unit/kernel/.
 */
#include "../../../kmod/probe/smmuv3_decode.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SID(sid) ((uint64_t)(sid) << 32)
#define READ BIT_ULL(35)
#define STALLED (BIT_ULL(31) | 0x1234)
#define ADDRESS 0xffff0000deadbee4ULL

#define NO_ACCESS FAULTCAST_ACCESS_UNKNOWN, FAULTCAST_HAS_REASON
#define AT_ADDRESS FAULTCAST_HAS_REASON | FAULTCAST_HAS_IOVA

static const struct row {
	const char *what;
	uint64_t word0, word1;
	uint8_t access, has;
	uint32_t pasid;
	uint16_t flags;
} rows[] = {
	/* As QEMU and the kernel had it. */
	{ .what = "translation, read",
	  SID(0x20) | 0x10,
	  0x20800000000,
	  FAULTCAST_ACCESS_READ,
	  AT_ADDRESS },
	{ .what = "translation, write",
	  SID(0x20) | 0x10,
	  0x20000000000,
	  FAULTCAST_ACCESS_WRITE,
	  AT_ADDRESS },
	{ .what = "address size", 0x11, READ, FAULTCAST_ACCESS_READ, AT_ADDRESS },
	{ .what = "access flag", 0x12, 0, FAULTCAST_ACCESS_WRITE, AT_ADDRESS },
	{ .what = "permission", 0x13, READ, FAULTCAST_ACCESS_READ, AT_ADDRESS },
	{ .what = "substream",
	  0x10 | BIT_ULL(11) | 0xabcdeULL << 12,
	  READ,
	  FAULTCAST_ACCESS_READ,
	  AT_ADDRESS | FAULTCAST_HAS_PASID,
	  0xabcde },
	{ .what = "a substream that is not valid",
	  0x10 | 0xabcdeULL << 12,
	  READ,
	  FAULTCAST_ACCESS_READ,
	  AT_ADDRESS },
	{ .what = "stall", 0x10, READ | STALLED, FAULTCAST_ACCESS_READ, AT_ADDRESS, 0, 1 },
	{ .what = "stall of a permission",
	  0x13,
	  STALLED,
	  FAULTCAST_ACCESS_WRITE,
	  AT_ADDRESS,
	  0,
	  1 },
	{ .what = "unsupported transaction", 0x01, READ, FAULTCAST_ACCESS_READ, AT_ADDRESS },
	{ .what = "bad stream id", SID(0x28) | 0x02, READ, NO_ACCESS },
	{ .what = "nothing can stall here", 0x02, STALLED, NO_ACCESS },
	{ .what = "stream table entry", 0x04, 0, NO_ACCESS },
	{ .what = "translation request", 0x05, READ, FAULTCAST_ACCESS_UNKNOWN, AT_ADDRESS },
	{ .what = "stream disabled", 0x06, READ, NO_ACCESS },
	{ .what = "translated, forbidden", 0x07, 0, FAULTCAST_ACCESS_WRITE, AT_ADDRESS },
	{ .what = "bad context", 0x0a, READ, NO_ACCESS },
	{ .what = "walk", 0x0b, READ, FAULTCAST_ACCESS_READ, AT_ADDRESS },
	{ .what = "TLB conflict", 0x20, 0, FAULTCAST_ACCESS_WRITE, AT_ADDRESS },
	{ .what = "configuration conflict", 0x21, READ, NO_ACCESS },
	{ .what = "page request", 0x24, READ, NO_ACCESS },
	{ .what = "not in the specification", 0xe0, READ, NO_ACCESS },
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const uint64_t record[SMMUV3_RECORD_WORDS] = { row->word0, row->word1, ADDRESS, 7 };
		struct faultcast_event ev = { .has = 0 };

		smmuv3_decode((const u64 *)record, &ev);
		if (ev.access != row->access || ev.has != row->has || ev.pasid != row->pasid ||
		    ev.iommu_flags != row->flags)
			fail_msg("%s: access %u has %#x pasid %#x flags %#x", row->what, ev.access,
				 ev.has, ev.pasid, ev.iommu_flags);
		assert_int_equal(ev.kind, FAULTCAST_KIND_IO_PAGE_FAULT);
		assert_int_equal(ev.reason, row->word0 & 0xff);
		assert_int_equal(ev.iova, row->has & FAULTCAST_HAS_IOVA ? ADDRESS : 0);
		assert_int_equal(smmuv3_stream((const u64 *)record), row->word0 >> 32);
	}
}

static void finds_registers(void **state)
{
	(void)state;
	assert_int_equal(smmuv3_prod_offset(0x20000), 0x100a8);
	assert_int_equal(smmuv3_prod_offset(0x100b0), 0x100a8);
	assert_int_equal(smmuv3_prod_offset(0x10000), 0xa8); /* Cavium */
	assert_int_equal(smmuv3_prod_offset(0xb0), 0xa8);
	assert_int_equal(smmuv3_prod_offset(0xa8), 0);
	/* 32768 records at 0x43a00000. */
	assert_int_equal(SMMUV3_QUEUE_ADDRESS(0x4000000043a0000fULL), 0x43a00000);
	assert_int_equal(SMMUV3_QUEUE_LOG2(0x4000000043a0000fULL), 15);
}

static void knows_whether_faults_come(void **state)
{
	(void)state;
	assert_int_equal(smmuv3_unit_flags(0xd, 0x5), FAULTCAST_UNIT_F_FAULTS);
	assert_int_equal(smmuv3_unit_flags(0x9, 0x5), 0);
	assert_int_equal(smmuv3_unit_flags(0xd, 0x1), 0);
	assert_int_equal(smmuv3_unit_flags(~0U, ~0U), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(finds_registers),
		cmocka_unit_test(knows_whether_faults_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
