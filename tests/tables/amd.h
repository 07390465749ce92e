/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of the AMD IOMMU's event log and their meaning (AMD IOMMU 2.5). tests/unit/kmod/amd.c
 * decodes them under ASan and UBSan. tests/vm/selftest/amd.c reads them from a log in memory.
 * The including file provides kmod/core/event.h.
 */
#ifndef FAULTCAST_TABLES_AMD_H
#define FAULTCAST_TABLES_AMD_H

#define GN	0x001
#define NX	0x002
#define US	0x004
#define I	0x008
#define PR	0x010
#define RW	0x020
#define PE	0x040
#define RZ	0x080
#define TR	0x100

/* The fields of a record; @pasid is the PASID or the domain. */
#define RECORD(_type, _flags, _requester, _pasid, _address)			\
	.type = _type, .flags = _flags, .requester = _requester,		\
	.pasid = _pasid, .address = _address

#define FAULT(_reason, _flags, ...) {						\
	.kind = FAULTCAST_KIND_IO_PAGE_FAULT, .reason = _reason,		\
	.iommu_flags = _flags, ## __VA_ARGS__ }
#define AT(_iova)	.iova = _iova, .has = FAULTCAST_HAS_REASON | FAULTCAST_HAS_IOVA
#define AT_PASID(_iova, _pasid)	.iova = _iova, .pasid = _pasid,			\
	.has = FAULTCAST_HAS_REASON | FAULTCAST_HAS_IOVA | FAULTCAST_HAS_PASID
#define NOWHERE	.has = FAULTCAST_HAS_REASON
#define READS	.access = FAULTCAST_ACCESS_READ
#define WRITES	.access = FAULTCAST_ACCESS_WRITE
#define INTERRUPT(_flags) {							\
	.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING, .reason = 2,		\
	.iommu_flags = _flags, .has = FAULTCAST_HAS_REASON }
#define OF(_bdf)	.known = true, .bdf = _bdf
#define OF_NOBODY	.known = false

struct amd_test_record {
	const char *what;
	u32 type;
	u32 flags;
	u32 requester;
	u32 pasid;
	u32 reserved;	/* more bits of the first word */
	u64 address;
	struct faultcast_event want;
	bool known;	/* the record has a requester */
	u16 bdf;
};

static const struct amd_test_record amd_records[] = {
	{ "page fault: a clear RW says nothing without PR",
	  RECORD(2, 0, 0x0320, 7, 0x12345678), .want = FAULT(2, 0, AT(0x12345678)), OF(0x0320) },
	{ "page fault: a write",
	  RECORD(2, RW, 0xffff, 0, 0xfedcba9876543000),
	  .want = FAULT(2, RW, AT(0xfedcba9876543000), WRITES), OF(0xffff) },
	{ "page fault: a read without permission",
	  RECORD(2, PR | PE, 0x20, 0, 0x1000),
	  .want = FAULT(2, PR | PE, AT(0x1000), READS), OF(0x20) },
	{ "page fault: a write without permission",
	  RECORD(2, PR | PE | RW, 0x20, 0, 0x1fff),
	  .want = FAULT(2, PR | PE | RW, AT(0x1fff), WRITES), OF(0x20) },
	{ "page fault: a domain is no PASID",
	  RECORD(2, US | NX, 0x20, 0xfffff, 0), .want = FAULT(2, US | NX, AT(0)), OF(0x20) },
	{ "page fault: a PASID",
	  RECORD(2, GN | PR, 0x20, 0xabcde, 0x5000),
	  .want = FAULT(2, GN | PR, AT_PASID(0x5000, 0xabcde), READS), OF(0x20) },
	{ "page fault: PASID 0 is a valid PASID",
	  RECORD(2, GN, 0x20, 0, 0x5000), .want = FAULT(2, GN, AT_PASID(0x5000, 0)), OF(0x20) },
	{ "page fault: largest PASID, all other bits set",
	  RECORD(2, 0xfff & ~I, 0x20, 0xfffff, ~0ULL),
	  .want = FAULT(2, 0xfff & ~I, AT_PASID(~0ULL, 0xfffff)), OF(0x20) },
	{ "page fault: a translation request has no access",
	  RECORD(2, TR | PR | RW, 0x20, 0, 0x5000),
	  .want = FAULT(2, TR | PR | RW, AT(0x5000)), OF(0x20) },
	{ "interrupt",
	  RECORD(2, I, 0x20, 0, 0xfdf8020000), .want = INTERRUPT(I), OF(0x20) },
	{ "interrupt: no address, access or PASID",
	  RECORD(2, I | GN | PR | RW, 0x20, 5, ~0ULL),
	  .want = INTERRUPT(I | GN | PR | RW), OF(0x20) },
	{ "QEMU 11: a read",
	  RECORD(2, 0x009, 0x20, 0, 0), .want = INTERRUPT(I | GN), OF(0x20) },
	{ "QEMU 11: a write",
	  RECORD(2, 0x00a, 0x20, 0, 0), .want = INTERRUPT(I | NX), OF(0x20) },
	{ "device table entry: a read",
	  RECORD(1, RZ, 0x20, 0, 0x5000), .want = FAULT(1, RZ, AT(0x5000), READS), OF(0x20) },
	{ "device table entry: a write with a PASID",
	  RECORD(1, GN | RW, 0x20, 9, 0x5000),
	  .want = FAULT(1, GN | RW, AT_PASID(0x5000, 9), WRITES), OF(0x20) },
	{ "device table entry: an interrupt has no access",
	  RECORD(1, I | RW, 0x20, 0, 0x5000), .want = FAULT(1, I | RW, AT(0x5000)), OF(0x20) },
	{ "device table: the address is the host's",
	  RECORD(3, RW, 0x20, 0, 0x5000), .want = FAULT(3, RW, NOWHERE, WRITES), OF(0x20) },
	{ "page table: the address is the host's",
	  RECORD(4, 0, 0x20, 3, 0x5000), .want = FAULT(4, 0, NOWHERE, READS), OF(0x20) },
	{ "a command has no requester",
	  RECORD(5, 0, 0x20, 0, 0x5000), .want = FAULT(5, 0, NOWHERE), OF_NOBODY },
	{ "access to a command",
	  RECORD(6, 0x600, 0x20, 0, 0x5000), .want = FAULT(6, 0x600, NOWHERE), OF_NOBODY },
	{ "an invalidation that timed out",
	  RECORD(7, 0, 0x0100, 0, 0x5000), .want = FAULT(7, 0, NOWHERE), OF(0x0100) },
	{ "invalid request",
	  RECORD(8, 0xa00, 0x20, 0, 0xfffffffdf8000000),
	  .want = FAULT(8, 0xa00, AT(0xfffffffdf8000000)), OF(0x20) },
	{ "invalid request: this RW is another field",
	  RECORD(8, RW | PR, 0x20, 0, 0x5000), .want = FAULT(8, RW | PR, AT(0x5000)), OF(0x20) },
	{ "invalid page request: the PASID at its other place",
	  RECORD(9, 0, 0x20, 0x13fff, 0x5000), .reserved = 0x43200000,
	  .want = FAULT(9, 0, AT_PASID(0x5000, 0xf4321)), OF(0x20) },
	{ "invalid page request: PASID 0 may be none",
	  RECORD(9, 0, 0x20, 0x3ff, 0x5000), .want = FAULT(9, 0, AT(0x5000)), OF(0x20) },
	{ "a counter that ended",
	  RECORD(10, 0, 0x20, 0, 0x5000), .want = FAULT(10, 0, NOWHERE), OF_NOBODY },
	{ "an event of a guest",
	  RECORD(11, 0, 0x20, 0, 0x5000), .want = FAULT(11, 0, NOWHERE), OF_NOBODY },
	{ "reserved type",
	  RECORD(12, 0xfff, 0x20, 5, 0x5000), .want = FAULT(12, 0xfff, NOWHERE), OF_NOBODY },
	{ "reverse map table",
	  RECORD(13, RW, 0x20, 0, 0x5000), .want = FAULT(13, RW, AT(0x5000)), OF(0x20) },
	{ "access to the reverse map table",
	  RECORD(14, 0, 0x20, 0, 0x5000), .want = FAULT(14, 0, NOWHERE), OF(0x20) },
	{ "highest type",
	  RECORD(15, 0, 0x20, 0, 0x5000), .want = FAULT(15, 0, NOWHERE), OF_NOBODY },
	{ "a record that is not written",
	  RECORD(0, 0, 0, 0, 0), .want = FAULT(0, 0, NOWHERE), OF_NOBODY },
};

/* Fills the four words of a record. */
static inline void amd_test_words(const struct amd_test_record *test, u32 *words)
{
	words[0] = test->reserved | (test->pasid & 0xf0000) | test->requester;
	words[1] = test->type << 28 | test->flags << 16 | (test->pasid & 0xffff);
	words[2] = test->address;
	words[3] = test->address >> 32;
}

/* Whether @ev equals @want in all fields that a record determines. */
static inline bool amd_record_is(const struct faultcast_event *ev,
				 const struct faultcast_event *want)
{
	return ev->kind == want->kind && ev->access == want->access &&
	       ev->reason == want->reason && ev->iommu_flags == want->iommu_flags &&
	       ev->iova == want->iova && ev->pasid == want->pasid && ev->has == want->has;
}

#endif /* FAULTCAST_TABLES_AMD_H */
