// SPDX-License-Identifier: GPL-2.0-only
/* Decoding of SMMUv3 registers and event records. */
#include "smmuv3_decode.h"

/* Arm IHI 0070, 7.3: the fields that the records have in common. */
#define W0_TYPE(w)	((u8)(w))
#define W0_SSV		BIT_ULL(11)	/* the substream id is valid */
#define W0_SSID(w)	((u32)((w) >> 12 & 0xfffff))
#define W1_STALL	BIT_ULL(31)
#define W1_READ		BIT_ULL(35)

#define FLAG_STALL	BIT(0)	/* in faultcast_event.iommu_flags */

#define UUT			0x01
#define BAD_ATS_TREQ		0x05
#define TRANSL_FORBIDDEN	0x07
#define WALK_EABT		0x0b
#define TRANSLATION		0x10
#define PERMISSION		0x13
#define TLB_CONFLICT		0x20
#define CFG_CONFLICT		0x21

u32 smmuv3_unit_flags(u32 cr0, u32 irq_ctrl)
{
	/* A device that does not answer reads as all ones. */
	if (cr0 == ~0U)
		return 0;
	return cr0 & SMMUV3_CR0_EVTQEN && irq_ctrl & SMMUV3_IRQ_EVTQ ? FAULTCAST_UNIT_F_FAULTS : 0;
}

u32 smmuv3_prod_offset(u64 size)
{
	if (size >= SMMUV3_PAGE1_END)
		return SMMUV3_PAGE1 + SMMUV3_EVTQ_PROD;
	return size >= SMMUV3_PAGE0_END ? SMMUV3_EVTQ_PROD : 0;
}

static bool has_access(u8 type)
{
	return (type >= TRANSLATION && type <= PERMISSION) || type == UUT ||
	       type == TRANSL_FORBIDDEN || type == WALK_EABT || type == TLB_CONFLICT;
}

/* Only these types may stall (3.12.2). */
static bool may_stall(u8 type)
{
	return type >= TRANSLATION && type <= PERMISSION;
}

void smmuv3_decode(const u64 *record, struct faultcast_event *ev)
{
	u8 type = W0_TYPE(record[0]);

	ev->kind = FAULTCAST_KIND_IO_PAGE_FAULT;
	ev->reason = type;
	ev->has |= FAULTCAST_HAS_REASON;
	if (record[0] & W0_SSV && type != CFG_CONFLICT) {
		ev->pasid = W0_SSID(record[0]);
		ev->has |= FAULTCAST_HAS_PASID;
	}
	if (may_stall(type) && record[1] & W1_STALL)
		ev->iommu_flags = FLAG_STALL;
	ev->access = FAULTCAST_ACCESS_UNKNOWN;
	if (!has_access(type) && type != BAD_ATS_TREQ)
		return;
	ev->iova = record[2];
	ev->has |= FAULTCAST_HAS_IOVA;
	if (has_access(type))
		ev->access = record[1] & W1_READ ? FAULTCAST_ACCESS_READ : FAULTCAST_ACCESS_WRITE;
}
