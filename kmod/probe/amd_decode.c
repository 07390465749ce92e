// SPDX-License-Identifier: GPL-2.0-only
/* Decoding of the event records of AMD's IOMMU. */
#include "amd_decode.h"

/* AMD IOMMU 2.5.2 to 2.5.13: the types of events. */
#define TYPE_DEV_TABLE_ENTRY	0x1
#define TYPE_IO_PAGE_FAULT	0x2
#define TYPE_DEV_TABLE_HARDWARE	0x3
#define TYPE_PAGE_TABLE_HARDWARE 0x4
#define TYPE_IOTLB_TIMEOUT	0x7
#define TYPE_INVALID_REQUEST	0x8
#define TYPE_INVALID_PPR	0x9
#define TYPE_RMP_FAULT		0xd
#define TYPE_RMP_HARDWARE	0xe
#define TYPES			16

#define FLAG_GN		BIT(0)	/* the field has a PASID, else the domain's id */
#define FLAG_I		BIT(3)	/* an interrupt request */
#define FLAG_PR		BIT(4)	/* the page is present */
#define FLAG_RW		BIT(5)	/* a write */
#define FLAG_TR		BIT(8)	/* a translation request */

/* The fields that the events of a type have. */
enum field {
	HAS_REQUESTER	= BIT(0),
	HAS_ADDRESS	= BIT(1),	/* the address that the device used */
	HAS_PASID	= BIT(2),	/* if GN is set */
	HAS_PPR_PASID	= BIT(3),	/* where page requests have it; 0 may be none */
	HAS_RW		= BIT(4),	/* RW is valid for every memory access */
	HAS_PR_RW	= BIT(5),	/* RW is valid only if PR is set */
	HAS_I		= BIT(6),
};

static const u8 fields[TYPES] = {
	[TYPE_DEV_TABLE_ENTRY] = HAS_REQUESTER | HAS_ADDRESS | HAS_PASID | HAS_RW,
	[TYPE_IO_PAGE_FAULT] = HAS_REQUESTER | HAS_ADDRESS | HAS_PASID | HAS_PR_RW | HAS_I,
	/* The address of a hardware error is one of the host's memory. */
	[TYPE_DEV_TABLE_HARDWARE] = HAS_REQUESTER | HAS_RW,
	[TYPE_PAGE_TABLE_HARDWARE] = HAS_REQUESTER | HAS_PASID | HAS_RW,
	[TYPE_IOTLB_TIMEOUT] = HAS_REQUESTER,
	[TYPE_INVALID_REQUEST] = HAS_REQUESTER | HAS_ADDRESS | HAS_PASID,
	[TYPE_INVALID_PPR] = HAS_REQUESTER | HAS_ADDRESS | HAS_PPR_PASID,
	[TYPE_RMP_FAULT] = HAS_REQUESTER | HAS_ADDRESS,
	[TYPE_RMP_HARDWARE] = HAS_REQUESTER,
};

static u32 type_of(const u32 *record)
{
	return record[1] >> 28;
}

static u16 flags_of(const u32 *record)
{
	return record[1] >> 16 & 0xfff;
}

u32 amd_unit_flags(u64 control, bool interrupts)
{
	const u64 log = AMD_CONTROL_IOMMU_EN | AMD_CONTROL_EVT_LOG_EN | AMD_CONTROL_EVT_INT_EN;

	if (control == ~0ULL || (control & log) != log)
		return 0;
	return FAULTCAST_UNIT_F_FAULTS | (interrupts ? FAULTCAST_UNIT_F_INTERRUPT_REMAPPING : 0);
}

/*
 * A clear RW says nothing if the page is not present (2.5.3).  A set RW is taken for a
 * write in any case: hardware sets this bit for writes to pages that are not present.
 */
static u8 access_of(u8 field, u16 flags)
{
	if (!(field & (HAS_RW | HAS_PR_RW)) || flags & (FLAG_I | FLAG_TR))
		return FAULTCAST_ACCESS_UNKNOWN;
	if (flags & FLAG_RW)
		return FAULTCAST_ACCESS_WRITE;
	return field & HAS_RW || flags & FLAG_PR ? FAULTCAST_ACCESS_READ :
						   FAULTCAST_ACCESS_UNKNOWN;
}

static void set_pasid(struct faultcast_event *ev, u32 pasid)
{
	ev->pasid = pasid;
	ev->has |= FAULTCAST_HAS_PASID;
}

void amd_decode(const u32 *record, struct faultcast_event *ev)
{
	u16 flags = flags_of(record);
	u8 field = fields[type_of(record)];
	u32 ppr_pasid;

	ev->reason = type_of(record);
	ev->iommu_flags = flags;
	ev->has |= FAULTCAST_HAS_REASON;
	if (field & HAS_I && flags & FLAG_I) {
		ev->kind = FAULTCAST_KIND_INTERRUPT_REMAPPING;
		return;
	}
	ev->kind = FAULTCAST_KIND_IO_PAGE_FAULT;
	ev->access = access_of(field, flags);
	if (field & HAS_ADDRESS) {
		ev->iova = (u64)record[3] << 32 | record[2];
		ev->has |= FAULTCAST_HAS_IOVA;
	}
	if (field & HAS_PASID && flags & FLAG_GN)
		set_pasid(ev, (record[0] & 0xf0000) | (record[1] & 0xffff));
	ppr_pasid = record[0] >> 16 | (record[1] >> 10 & 0xf) << 16;
	if (field & HAS_PPR_PASID && ppr_pasid)
		set_pasid(ev, ppr_pasid);
}

bool amd_record_requester(const u32 *record, u16 *bdf)
{
	if (!(fields[type_of(record)] & HAS_REQUESTER))
		return false;
	*bdf = record[0];
	return true;
}
