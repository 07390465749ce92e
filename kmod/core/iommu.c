// SPDX-License-Identifier: GPL-2.0-only
/* Takes a fault from an IOMMU to the slot of the device, or of the IOMMU itself. */
#include <linux/slab.h>
#include <linux/string.h>

#include "event.h"
#include "iommu.h"
#include "raise.h"
#include "slot.h"

#define PREFIX	"iommu"

static LIST_HEAD(iommus);

struct faultcast_iommu *faultcast_iommu_add(u32 type, const char *name, u64 address, u32 segment)
{
	struct faultcast_iommu *iommu = kzalloc(sizeof(*iommu), GFP_KERNEL);

	if (!iommu)
		return NULL;
	iommu->type = type;
	iommu->address = address;
	iommu->segment = segment;
	iommu->slot = faultcast_slot_claim_name(PREFIX, name);
	list_add_tail(&iommu->list, &iommus);
	return iommu;
}

void faultcast_iommu_exit(void)
{
	struct faultcast_iommu *iommu, *next;

	list_for_each_entry_safe(iommu, next, &iommus, list)
		kfree(iommu);
	INIT_LIST_HEAD(&iommus);
}

/* An error that no device is to blame for keeps what the IOMMU told about the request. */
static void blame_host(struct faultcast_iommu *iommu, struct faultcast_event *ev,
		       struct faultcast_requester who)
{
	ev->kind = FAULTCAST_KIND_IOMMU_ERROR;
	ev->slot = iommu->slot;
	if (!who.known)
		return;
	ev->related_segment = who.segment;
	ev->related_bdf = who.bdf;
	ev->has |= FAULTCAST_HAS_RELATED;
}

void faultcast_iommu_raise(struct faultcast_iommu *iommu, struct faultcast_event *ev,
			   struct faultcast_requester who)
{
	u32 row;

	ev->iommu = iommu->slot;
	ev->iommu_type = iommu->type;
	switch (faultcast_blame(iommu->type, ev->reason, ev->iommu_flags, &row)) {
	case FAULTCAST_BLAME_DEVICE:
		ev->slot = who.known ? faultcast_slot_claim_pci(who.segment, who.bdf) :
				       who.slot;
		break;
	case FAULTCAST_BLAME_HOST:
		atomic64_inc(&iommu->errors[row]);
		blame_host(iommu, ev, who);
		break;
	case FAULTCAST_BLAME_STALL:
		atomic64_inc(&iommu->stalls);
		return;
	}
	faultcast_raise(ev);
}

/* Without a slot of its own, the IOMMU shares the overflow slot and has no name. */
const char *faultcast_iommu_name(u32 slot)
{
	const char *label = faultcast_slot_at(slot)->name;

	return strncmp(label, PREFIX "/", strlen(PREFIX "/")) ? NULL : label + strlen(PREFIX "/");
}
