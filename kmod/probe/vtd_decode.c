// SPDX-License-Identifier: GPL-2.0-only
/* Decoding of VT-d fault records, and of the handler that reads them. */
#include "vtd_decode.h"

/* VT-d 7.2.3: these report refused interrupt requests. */
#define REASON_IR_FIRST	0x20
#define REASON_IR_LAST	0x2f

#define HI_REASON(hi)	((u8)((hi) >> 32))
#define HI_PASID(hi)	((u32)((hi) >> 40 & 0xfffff))
#define HI_PP		BIT_ULL(31)	/* the PASID is valid */
#define HI_T2		BIT_ULL(28)
#define HI_T1		BIT_ULL(62)
#define LO_PAGE		GENMASK_ULL(63, 12)

u32 vtd_unit_flags(u32 gsts, u32 fectl)
{
	if (gsts == ~0U)
		return 0;
	return (fectl & VTD_FECTL_IM ? 0 : FAULTCAST_UNIT_F_FAULTS) |
	       (gsts & VTD_GSTS_IRES ? FAULTCAST_UNIT_F_INTERRUPT_REMAPPING : 0);
}

static u8 access_of(u64 hi)
{
	if (hi & HI_T2)		/* 01: page request, 11: AtomicOp */
		return FAULTCAST_ACCESS_OTHER;
	return hi & HI_T1 ? FAULTCAST_ACCESS_READ : FAULTCAST_ACCESS_WRITE;
}

void vtd_decode(u64 lo, u64 hi, struct faultcast_event *ev)
{
	ev->reason = HI_REASON(hi);
	ev->has |= FAULTCAST_HAS_REASON;
	if (ev->reason >= REASON_IR_FIRST && ev->reason <= REASON_IR_LAST) {
		ev->kind = FAULTCAST_KIND_INTERRUPT_REMAPPING;
		ev->irte_index = lo >> 48;
		ev->has |= FAULTCAST_HAS_IRTE;
		return;
	}
	ev->kind = FAULTCAST_KIND_IO_PAGE_FAULT;
	ev->access = access_of(hi);
	ev->iova = lo & LO_PAGE;
	ev->has |= FAULTCAST_HAS_IOVA;
	if (hi & HI_PP) {
		ev->pasid = HI_PASID(hi);
		ev->has |= FAULTCAST_HAS_PASID;
	}
}

#define OP_INT3		0xcc
#define OP_SIZE16	0x66
#define OP_REX_RB	0x45	/* r8d to r15d as both operands, 32 bit */
#define OP_REX_MASK	0xf0
#define OP_REX		0x40
#define OP_TEST		0x85
#define OP_JS_SHORT	0x78
#define OP_JNS_SHORT	0x79
#define OP_NEAR		0x0f
#define OP_JS_NEAR	0x88
#define OP_JNS_NEAR	0x89
#define OP_MOV_TO_RM	0x89
#define OP_MOV_TO_REG	0x8b
#define OP_LEA		0x8d

#define MAX_BETWEEN	2	/* instructions between test and jump */

/* Needs two bytes. */
static bool is_sign_jump(const u8 *op)
{
	return op[0] == OP_JS_SHORT || op[0] == OP_JNS_SHORT ||
	       (op[0] == OP_NEAR && (op[1] == OP_JS_NEAR || op[1] == OP_JNS_NEAR));
}

/* The length of a mov or lea, which change no flags (Intel SDM 2.1.3); 0: something else. */
static size_t mov_length(const u8 *op, size_t left)
{
	size_t rex = left && (op[0] & OP_REX_MASK) == OP_REX, len = rex + 2;
	u8 mod, rm;

	if (left < len || (op[rex] != OP_MOV_TO_RM && op[rex] != OP_MOV_TO_REG &&
			   op[rex] != OP_LEA))
		return 0;
	mod = op[rex + 1] >> 6;
	rm = op[rex + 1] & 7;
	if (mod == 3)
		return len;
	if (rm == 4 && left > len && !mod && (op[len] & 7) == 5)
		len += 4;
	if (!mod && rm == 5)
		len += 4;
	len += (rm == 4) + (mod == 1) + (mod == 2) * 4;
	return len;
}

/*
 * Returns the length of a 32-bit test of a register with itself at @at, and sets @reg;
 * 0: something else.
 */
static size_t test_length(const u8 *text, size_t size, size_t at, unsigned int *reg)
{
	bool high = text[at] == OP_REX_RB;
	const u8 *op = text + at + high;

	if (at + high + 2 > size || op[0] != OP_TEST)
		return 0;
	/*
	 * With another prefix the test is 16 or 64 bit wide, or has two different
	 * registers.  An int3, which is another tracer's kprobe, hides the prefix.
	 */
	if (at && (text[at - 1] == OP_SIZE16 || text[at - 1] == OP_INT3 ||
		   (!high && (text[at - 1] & OP_REX_MASK) == OP_REX)))
		return 0;
	if ((op[1] & 0xc0) != 0xc0 || (op[1] >> 3 & 7) != (op[1] & 7))
		return 0;
	*reg = (op[1] & 7) + (high ? 8 : 0);
	return high + 2;
}

/* Sets @site if a sign jump follows the test that ends at @at. */
static bool find_jump(const u8 *text, size_t size, size_t at, struct vtd_site *site)
{
	unsigned int n;

	for (n = 0; n <= MAX_BETWEEN && at + 2 <= size; n++) {
		size_t len;

		if (is_sign_jump(text + at)) {
			site->jump = at;
			site->apart = n;
			return true;
		}
		len = mov_length(text + at, size - at);
		if (!len)
			return false;
		at += len;
	}
	return false;
}

unsigned int vtd_find_sites(const u8 *text, size_t size, struct vtd_site *site)
{
	unsigned int matches = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned int reg;
		size_t len = test_length(text, size, i, &reg);

		if (!len || !find_jump(text, size, i + len, site))
			continue;
		site->reg = reg;
		matches++;
	}
	return matches;
}
