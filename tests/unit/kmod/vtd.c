// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the kernel module's decoder reads a VT-d fault record as the specification
 * defines it (VT-d 11.4.14, 7.2.3). It finds the one instruction that it looks for in the
 * machine code of dmar_fault(), or reports that there is none.
 *
 * This is kmod/probe/vtd_decode.c itself, built against the stand-ins in
 * tests/unit/kernel/.
 */
#include "../../../kmod/probe/vtd_decode.c"

#include "../../tables/vtd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void records_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vtd_records); i++) {
		const struct vtd_record *record = &vtd_records[i];
		struct faultcast_event ev = { 0 };

		vtd_decode(record->lo, record->hi, &ev);
		if (!vtd_record_is(&ev, &record->want))
			fail_msg("%s: kind %u access %u reason %#x iova %#llx pasid %#x index %#x "
				 "has %#x",
				 record->what, ev.kind, ev.access, ev.reason,
				 (unsigned long long)ev.iova, ev.pasid, ev.irte_index, ev.has);
	}
}

static void what_others_filled_stays(void **state)
{
	struct faultcast_event ev = { .seq = 1, .mono_ns = 2, .slot = 3, .flags = 4 };

	(void)state;
	vtd_decode(~0ULL, ~0ULL, &ev);
	assert_int_equal(ev.seq, 1);
	assert_int_equal(ev.mono_ns, 2);
	assert_int_equal(ev.slot, 3);
	assert_int_equal(ev.flags, 4);
}

static void register_fields(void **state)
{
	(void)state;
	/* CAP.FRO is bits 33:24, in units of 16 bytes. CAP.NFR is bits 47:40 plus one. */
	assert_int_equal(vtd_cap_fro(0), 0);
	assert_int_equal(vtd_cap_fro(1ULL << 24), 16);
	assert_int_equal(vtd_cap_fro(0x3ffULL << 24), 0x3ff * 16);
	assert_int_equal(vtd_cap_fro(~(0x3ffULL << 24)), 0);
	assert_int_equal(vtd_cap_nfr(0), 1);
	assert_int_equal(vtd_cap_nfr(0xffULL << 40), 256);
	assert_int_equal(vtd_cap_nfr(~(0xffULL << 40)), 1);
	/* The capability register of QEMU: one record, at 0x220. */
	assert_int_equal(vtd_cap_fro(0x00d2008c22260206), 0x220);
	assert_int_equal(vtd_cap_nfr(0x00d2008c22260206), 1);
	/* FSTS.FRI is bits 15:8. */
	assert_int_equal(vtd_fsts_fri(0), 0);
	assert_int_equal(vtd_fsts_fri(0x0000ff00), 0xff);
	assert_int_equal(vtd_fsts_fri(0xffff00ff), 0);
	assert_int_equal(vtd_fsts_fri(0x00000702), 7);
	assert_int_equal(vtd_unit_flags(0, 0), FAULTCAST_UNIT_F_FAULTS);
	assert_int_equal(vtd_unit_flags(0, 0x80000000), 0);
	assert_int_equal(vtd_unit_flags(0, 0x7fffffff), FAULTCAST_UNIT_F_FAULTS);
	assert_int_equal(vtd_unit_flags(0x02000000, 0x80000000),
			 FAULTCAST_UNIT_F_INTERRUPT_REMAPPING);
	assert_int_equal(vtd_unit_flags(0x80000000, 0x80000000), 0);
	/* A unit that was removed. */
	assert_int_equal(vtd_unit_flags(0xffffffff, 0xffffffff), 0);
	assert_int_equal(vtd_frcd_sid(F | FR(5) | SID(0x1234)), 0x1234);
	assert_int_equal(vtd_frcd_sid(~0xffffULL), 0);
	assert_int_equal(vtd_frcd_sid(~0ULL), 0xffff);
}

static void register_bits(void **state)
{
	(void)state;
	assert_int_equal(VTD_FSTS_PFO, 0x1);
	assert_int_equal(VTD_FSTS_PPF, 0x2);
	assert_int_equal(VTD_GSTS_TES, 0x80000000);
	assert_int_equal(VTD_GSTS_IRES, 0x02000000);
	assert_int_equal((u64)VTD_FRCD_F << 32, F);
	assert_int_equal(VTD_FRCD_LEN, 16);
}

#define NOP4 0x90, 0x90, 0x90, 0x90
#define JNS 0x79, 0x05
#define JNS_NEAR 0x0f, 0x89, 0x44, 0x33, 0x22, 0x11

#define JS 0x78, 0x05
#define JS_NEAR 0x0f, 0x88, 0x44, 0x33, 0x22, 0x11
#define MOV_REG 0x89, 0xc2		      /* mov edx, eax */
#define MOV_DISP 0x41, 0x8b, 0x44, 0x24, 0x08 /* mov eax, [r12 + 8] */

struct site {
	const char *what;
	size_t size;
	size_t jump;
	unsigned int matches;
	unsigned int reg;
	u8 text[28];
};

static const struct site sites[] = {
	{ "test eax; jns", 12, 6, 1, 0, { NOP4, 0x85, 0xc0, JNS, NOP4 } },
	{ "test edi; jns", 12, 6, 1, 7, { NOP4, 0x85, 0xff, JNS, NOP4 } },
	{ "test ecx; near jns", 16, 6, 1, 1, { NOP4, 0x85, 0xc9, JNS_NEAR, NOP4 } },
	{ "test r8d; jns", 13, 7, 1, 8, { NOP4, 0x45, 0x85, 0xc0, JNS, NOP4 } },
	{ "test r13d; jns", 13, 7, 1, 13, { NOP4, 0x45, 0x85, 0xed, JNS, NOP4 } },
	{ "test r15d; near jns", 17, 7, 1, 15, { NOP4, 0x45, 0x85, 0xff, JNS_NEAR, NOP4 } },
	{ "at the very beginning", 8, 2, 1, 3, { 0x85, 0xdb, JNS, NOP4 } },
	{ "with a prefix at the very beginning", 9, 3, 1, 11, { 0x45, 0x85, 0xdb, JNS, NOP4 } },
	{ "with a prefix at the very end", 9, 7, 1, 9, { NOP4, 0x45, 0x85, 0xc9, JNS } },
	{ "js", 12, 6, 1, 0, { NOP4, 0x85, 0xc0, JS, NOP4 } },
	{ "near js", 16, 6, 1, 0, { NOP4, 0x85, 0xc0, JS_NEAR, NOP4 } },
	{ "two", 16, 0, 2, 0, { 0x85, 0xc0, JNS, NOP4, 0x85, 0xc9, JNS, NOP4 } },
	{ "two, one with a prefix",
	  16,
	  0,
	  2,
	  0,
	  { 0x85, 0xc0, JNS, 0x90, 0x90, 0x90, 0x45, 0x85, 0xc9, JNS, NOP4 } },
	{ "a peeled loop, js and jns",
	  16,
	  0,
	  2,
	  0,
	  { 0x85, 0xc9, JS, NOP4, 0x85, 0xc9, JNS, NOP4 } },
	{ "a peeled loop, js and js", 16, 0, 2, 0, { 0x85, 0xc9, JS, NOP4, 0x85, 0xc9, JS, NOP4 } },
	{ "a peeled loop, one with a mov between",
	  18,
	  0,
	  2,
	  0,
	  { 0x85, 0xc9, JS, NOP4, 0x85, 0xc9, MOV_REG, JNS, NOP4 } },
	{ "one among look-alikes",
	  21,
	  14,
	  1,
	  2,
	  { 0x48, 0x85, 0xc0, JNS, 0x85, 0xc8, JNS, 0x90, 0x90, 0x90, 0x85, 0xd2, JNS, NOP4 } },
	{ "none", 12, 0, 0, 0, { NOP4, NOP4, NOP4 } },
	{ "64 bit wide", 13, 0, 0, 0, { NOP4, 0x48, 0x85, 0xc0, JNS, NOP4 } },
	{ "a breakpoint hides the prefix", 13, 0, 0, 0, { NOP4, 0xcc, 0x85, 0xc0, JNS, NOP4 } },
	{ "64 bit wide, r8", 13, 0, 0, 0, { NOP4, 0x4d, 0x85, 0xc0, JNS, NOP4 } },
	{ "test eax,r8d", 13, 0, 0, 0, { NOP4, 0x44, 0x85, 0xc0, JNS, NOP4 } },
	{ "test r8d,eax", 13, 0, 0, 0, { NOP4, 0x41, 0x85, 0xc0, JNS, NOP4 } },
	{ "different registers", 12, 0, 0, 0, { NOP4, 0x85, 0xc8, JNS, NOP4 } },
	{ "different registers, r8 and r9", 13, 0, 0, 0, { NOP4, 0x45, 0x85, 0xc8, JNS, NOP4 } },
	{ "memory operand", 12, 0, 0, 0, { NOP4, 0x85, 0x00, JNS, NOP4 } },
	{ "memory operand with displacement", 13, 0, 0, 0, { NOP4, 0x85, 0x40, 0x08, JNS, NOP4 } },
	{ "8 bit wide", 12, 0, 0, 0, { NOP4, 0x84, 0xc0, JNS, NOP4 } },
	{ "another jump", 12, 0, 0, 0, { NOP4, 0x85, 0xc0, 0x74, 0x05, NOP4 } },
	{ "0f 79 is no jump", 16, 0, 0, 0, { NOP4, 0x85, 0xc0, 0x0f, 0x79, 1, 0, 0, 0, NOP4 } },
	{ "something between", 13, 0, 0, 0, { NOP4, 0x85, 0xc0, 0x90, JNS, NOP4 } },
	{ "an add between", 14, 0, 0, 0, { NOP4, 0x85, 0xc0, 0x01, 0xc2, JNS, NOP4 } },
	{ "cut after the prefix", 5, 0, 0, 0, { NOP4, 0x45 } },
	{ "cut after the opcode", 6, 0, 0, 0, { NOP4, 0x45, 0x85 } },
	{ "cut after the operands", 7, 0, 0, 0, { NOP4, 0x45, 0x85, 0xc0 } },
	{ "cut in the jump", 8, 0, 0, 0, { NOP4, 0x45, 0x85, 0xc0, 0x79 } },
	{ "cut in the near jump", 8, 0, 0, 0, { NOP4, 0x45, 0x85, 0xc0, 0x0f } },
	{ "cut after a mov", 8, 0, 0, 0, { NOP4, 0x85, 0xc0, MOV_REG } },
	{ "cut in a mov", 9, 0, 0, 0, { NOP4, 0x85, 0xc0, 0x41, 0x8b, 0x44 } },
	{ "nothing", 0, 0, 0, 0, { 0 } },
	{ "one byte", 1, 0, 0, 0, { 0x85 } },
};

/* gcc -Os and clang put instructions between test and jump that change no flags. */
static const struct site sites_apart[] = {
	{ "a mov", 14, 8, 1, 0, { NOP4, 0x85, 0xc0, MOV_REG, JNS, NOP4 } },
	{ "a mov to r8", 15, 9, 1, 0, { NOP4, 0x85, 0xc0, 0x41, 0x89, 0xc0, JNS, NOP4 } },
	{ "a load", 17, 11, 1, 0, { NOP4, 0x85, 0xc0, MOV_DISP, JNS, NOP4 } },
	{ "a load relative to rip",
	  18,
	  12,
	  1,
	  0,
	  { NOP4, 0x85, 0xc0, 0x8b, 0x05, 1, 0, 0, 0, JNS, NOP4 } },
	{ "a load with a large displacement",
	  18,
	  12,
	  1,
	  0,
	  { NOP4, 0x85, 0xc0, 0x8b, 0x83, 1, 0, 0, 0, JS, NOP4 } },
	{ "a load without a base",
	  19,
	  13,
	  1,
	  0,
	  { NOP4, 0x85, 0xc0, 0x8b, 0x04, 0x25, 1, 0, 0, 0, JS, NOP4 } },
	{ "a lea", 16, 10, 1, 0, { NOP4, 0x85, 0xc0, 0x48, 0x8d, 0x53, 0x04, JNS, NOP4 } },
	{ "two", 19, 13, 1, 0, { NOP4, 0x85, 0xc0, MOV_DISP, MOV_REG, JNS, NOP4 } },
	{ "three are too many",
	  18,
	  0,
	  0,
	  0,
	  { NOP4, 0x85, 0xc0, MOV_REG, MOV_REG, MOV_REG, JNS, NOP4 } },
};

/* An allocation of the exact size lets ASan see a read beyond the end. */
static void expect_site(const struct site *site, bool apart)
{
	struct vtd_site found = { 0 };
	u8 *text = malloc(site->size);
	unsigned int matches;

	memcpy(text, site->text, site->size);
	matches = vtd_find_sites(text, site->size, &found);
	free(text);
	if (matches != site->matches)
		fail_msg("%s: %u matches", site->what, matches);
	if (matches == 1 &&
	    (found.jump != site->jump || found.reg != site->reg || found.apart != apart))
		fail_msg("%s: jump at %zu, register %u, apart %d", site->what, found.jump,
			 found.reg, found.apart);
}

static void sites_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sites); i++)
		expect_site(&sites[i], false);
	for (size_t i = 0; i < ARRAY_SIZE(sites_apart); i++)
		expect_site(&sites_apart[i], true);
}

/* The operand size prefix turns this into a test of bit 15. */
static void sixteen_bit_tests_are_none(void **state)
{
	static const struct site wide[] = {
		{ "test ax", 13, 0, 0, 0, { NOP4, 0x66, 0x85, 0xc0, JNS, NOP4 } },
		{ "test r8w", 14, 0, 0, 0, { NOP4, 0x66, 0x45, 0x85, 0xc0, JNS, NOP4 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		expect_site(&wide[i], false);
}

static void every_register_is_told(void **state)
{
	(void)state;
	for (unsigned int reg = 0; reg < 16; reg++) {
		struct site site = { "register", 9, reg < 8 ? 2 : 3, 1, reg, { 0 } };
		const u8 code[] = { 0x45, 0x85, (u8)(0xc0 | (reg & 7) * 9), JNS, NOP4 };

		site.size = reg < 8 ? sizeof(code) - 1 : sizeof(code);
		memcpy(site.text, code + (reg < 8), site.size);
		expect_site(&site, false);
	}
}

/* Reading arbitrary code stays within its bounds. */
static void arbitrary_code_is_safe(void **state)
{
	u32 random = 1;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		static const u8 likely[] = { 0x45, 0x85, 0xc0, 0x79, 0x0f, 0x89, 0x48, 0x04 };
		struct vtd_site site = { .jump = SIZE_MAX, .reg = 99 };
		size_t size = round % 12;
		unsigned int matches;
		u8 *text = malloc(size);

		for (size_t i = 0; i < size; i++) {
			random = random * 1103515245 + 12345;
			text[i] = likely[random >> 16 & 7];
		}
		matches = vtd_find_sites(text, size, &site);
		assert_true(matches <= size / 3);
		assert_true(!matches || (site.jump < size && site.reg < 16));
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_decoded),
		cmocka_unit_test(what_others_filled_stays),
		cmocka_unit_test(register_fields),
		cmocka_unit_test(register_bits),
		cmocka_unit_test(sites_are_found),
		cmocka_unit_test(every_register_is_told),
		cmocka_unit_test(arbitrary_code_is_safe),
		cmocka_unit_test(sixteen_bit_tests_are_none),
	};

	return cmocka_run_group_tests_name("vtd", tests, NULL, NULL);
}
