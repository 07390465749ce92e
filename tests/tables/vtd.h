/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-d fault records and their meaning (VT-d 11.4.14, 7.2.3). tests/unit/kmod/vtd.c decodes
 * them under ASan and UBSan. tests/vm/selftest/vtd.c reads them from fault recording
 * registers. The including file provides kmod/core/event.h.
 */
#ifndef FAULTCAST_TABLES_VTD_H
#define FAULTCAST_TABLES_VTD_H

/* The fields of a record's upper quadword. The bit numbers are those of the whole record. */
#define SID(v)	((u64)(v))
#define T2	BIT_ULL(92 - 64)
#define PRIV	BIT_ULL(93 - 64)
#define EXE	BIT_ULL(94 - 64)
#define PP	BIT_ULL(95 - 64)
#define FR(v)	((u64)(v) << (96 - 64))
#define PV(v)	((u64)(v) << (104 - 64))
#define AT(v)	((u64)(v) << (124 - 64))
#define T1	BIT_ULL(126 - 64)
#define F	BIT_ULL(127 - 64)

#define HAS_DMA	(FAULTCAST_HAS_IOVA | FAULTCAST_HAS_REASON)

#define DMA(_access, _reason, _iova) {							\
	.kind = FAULTCAST_KIND_IO_PAGE_FAULT, .has = HAS_DMA,				\
	.access = FAULTCAST_ACCESS_ ## _access, .reason = _reason, .iova = _iova }
#define DMA_PASID(_access, _reason, _iova, _pasid) {					\
	.kind = FAULTCAST_KIND_IO_PAGE_FAULT, .has = HAS_DMA | FAULTCAST_HAS_PASID,	\
	.access = FAULTCAST_ACCESS_ ## _access, .reason = _reason, .iova = _iova,	\
	.pasid = _pasid }
#define INTERRUPT(_reason, _index) {							\
	.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,					\
	.has = FAULTCAST_HAS_IRTE | FAULTCAST_HAS_REASON,				\
	.reason = _reason, .irte_index = _index }

struct vtd_record {
	const char *what;
	u64 lo;
	u64 hi;
	struct faultcast_event want;
};

static const struct vtd_record vtd_records[] = {
	{ "write", 0x12345000, F | FR(0x05) | SID(0x0300), DMA(WRITE, 0x05, 0x12345000) },
	{ "read", 0x12345000, F | T1 | FR(0x06) | SID(0xffff), DMA(READ, 0x06, 0x12345000) },
	{ "page request", 0x1000, F | T2 | FR(0x58), DMA(OTHER, 0x58, 0x1000) },
	{ "AtomicOp", 0x1000, F | T1 | T2 | FR(0x59), DMA(OTHER, 0x59, 0x1000) },
	{ "address masked to its page", ~0ULL, F | FR(1), DMA(WRITE, 1, 0xfffffffffffff000) },
	{ "address 0", 0xfff, F | FR(1), DMA(WRITE, 1, 0) },
	{ "privileged, executed, translated: no other access", 0, F | T1 | PRIV | EXE | AT(3),
	  DMA(READ, 0, 0) },
	{ "PASID", 0, F | PP | PV(0xabcde) | FR(0x71), DMA_PASID(WRITE, 0x71, 0, 0xabcde) },
	{ "PASID 0 is a valid PASID", 0, F | PP, DMA_PASID(WRITE, 0, 0, 0) },
	{ "largest PASID, all bits around it set", 0, F | PP | PV(0xfffff) | AT(3) | T1 | FR(0xff),
	  DMA_PASID(READ, 0xff, 0, 0xfffff) },
	{ "PV is garbage without PP", 0, F | PV(0xabcde) | FR(2), DMA(WRITE, 2, 0) },
	{ "last reason before interrupt remapping", 0x4321000000000000, F | FR(0x1f),
	  DMA(WRITE, 0x1f, 0x4321000000000000) },
	{ "first reason of interrupt remapping", 0x4321000000000000, F | FR(0x20),
	  INTERRUPT(0x20, 0x4321) },
	{ "last reason of interrupt remapping", 0xffffffffffffffff, F | FR(0x2f),
	  INTERRUPT(0x2f, 0xffff) },
	{ "first reason after interrupt remapping", 0x4321000000000000, F | FR(0x30),
	  DMA(WRITE, 0x30, 0x4321000000000000) },
	{ "an interrupt has no address, access or PASID", 0x0001fffffffff000,
	  F | T1 | T2 | PP | PV(5) | FR(0x22), INTERRUPT(0x22, 1) },
};

/* Whether @ev equals @want in all fields that a record determines. */
static inline bool vtd_record_is(const struct faultcast_event *ev,
				 const struct faultcast_event *want)
{
	return ev->kind == want->kind && ev->access == want->access &&
	       ev->reason == want->reason && ev->iova == want->iova &&
	       ev->pasid == want->pasid && ev->irte_index == want->irte_index &&
	       ev->has == want->has;
}

#endif /* FAULTCAST_TABLES_VTD_H */
