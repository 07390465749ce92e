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
#define OP_JNS_SHORT	0x79
#define OP_NEAR		0x0f
#define OP_JNS_NEAR	0x89

static bool is_jns(const u8 *op)
{
	return op[0] == OP_JNS_SHORT || (op[0] == OP_NEAR && op[1] == OP_JNS_NEAR);
}

unsigned int vtd_find_site(const u8 *text, size_t size, size_t *offset, unsigned int *reg)
{
	unsigned int matches = 0;
	size_t i;

	/* 5 bytes are the longest form: prefix, opcode, operands, and two bytes of the jump. */
	for (i = 0; i + 5 <= size; i++) {
		bool high = text[i] == OP_REX_RB;
		const u8 *op = text + i + high;

		if (op[0] != OP_TEST)
			continue;
		/*
		 * With another prefix the test is 16 or 64 bit wide, or has two
		 * different registers. An int3, which is another tracer's kprobe,
		 * hides the prefix.
		 */
		if (i && (text[i - 1] == OP_SIZE16 || text[i - 1] == OP_INT3 ||
			  (!high && (text[i - 1] & OP_REX_MASK) == OP_REX)))
			continue;
		if ((op[1] & 0xc0) != 0xc0 || (op[1] >> 3 & 7) != (op[1] & 7))
			continue;
		if (!is_jns(op + 2))
			continue;
		matches++;
		*offset = i;
		*reg = (op[1] & 7) + (high ? 8 : 0);
	}
	return matches;
}
