// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the module's structs as the attributes of uapi/faultcast.h.  There is one
 * function for each struct, which replies, dumps and notifications share.
 */
#include <net/genetlink.h>

#include "attrs.h"
#include "core/alias.h"
#include "core/event.h"
#include "core/identity.h"
#include "core/iommu.h"
#include "core/log.h"
#include "core/slot.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attr, value, pad);
}

static int fill_counter(struct sk_buff *skb, const struct faultcast_slot *slot,
			enum faultcast_counter ctr)
{
	u64 value = atomic64_read(&slot->raised[ctr]);
	u32 count, detail;
	struct nlattr *nest;

	if (!value)
		return 0;
	faultcast_slot_counter_name(ctr, &count, &detail);
	nest = nla_nest_start(skb, FAULTCAST_A_DEVICE_COUNTER);
	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_COUNTER_COUNT, count) ||
	    nla_put_u32(skb, FAULTCAST_A_COUNTER_DETAIL, detail) ||
	    put_u64(skb, FAULTCAST_A_COUNTER_VALUE, value, FAULTCAST_A_COUNTER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Leaves out attributes that the device does not have, and the serial number unless asked. */
static int fill_identity(struct sk_buff *skb, int attr, const struct faultcast_identity *id,
			 bool serial)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_GENERATION, id->generation) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_VENDOR, id->vendor) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_DEVICE, id->device) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR, id->subsystem_vendor) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE, id->subsystem_device) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_CLASS, id->class) ||
	    nla_put_u32(skb, FAULTCAST_A_IDENTITY_REVISION, id->revision) ||
	    (*id->driver && nla_put_string(skb, FAULTCAST_A_IDENTITY_DRIVER, id->driver)) ||
	    (*id->phys_slot &&
	     nla_put_string(skb, FAULTCAST_A_IDENTITY_PHYS_SLOT, id->phys_slot)) ||
	    (serial && id->serial && put_u64(skb, FAULTCAST_A_IDENTITY_SERIAL, id->serial,
				   FAULTCAST_A_IDENTITY_PAD)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_aer_error(struct sk_buff *skb, u32 severity, u32 bit, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_DEVICE_AER_ERROR);

	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_AER_ERROR_SEVERITY, severity) ||
	    nla_put_u32(skb, FAULTCAST_A_AER_ERROR_BIT, bit) ||
	    put_u64(skb, FAULTCAST_A_AER_ERROR_VALUE, value, FAULTCAST_A_AER_ERROR_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_aer_errors(struct sk_buff *skb, const struct faultcast_slot *slot)
{
	u32 severity, bit;

	for (severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++) {
		for (bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++) {
			u64 value = atomic64_read(&slot->aer_bits[severity][bit]);

			if (value && fill_aer_error(skb, severity, bit, value))
				return -EMSGSIZE;
		}
	}
	return 0;
}

static int fill_alias(struct sk_buff *skb, const struct faultcast_alias *alias)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_DEVICE_ALIAS);

	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_ALIAS_SEGMENT, alias->segment) ||
	    nla_put_u32(skb, FAULTCAST_A_ALIAS_BDF, alias->bdf))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_aliases(struct sk_buff *skb, const struct faultcast_slot *slot)
{
	struct faultcast_aliases list;
	u32 i;

	if (!faultcast_identity_aliases(slot, &list))
		return 0;
	for (i = 0; i < list.num; i++)
		if (fill_alias(skb, &list.at[i]))
			return -EMSGSIZE;
	return 0;
}

/* Writes the attributes that not every device has: identity, limits, aliases and AER errors. */
static int fill_particulars(struct sk_buff *skb, const struct faultcast_slot *slot, bool serial)
{
	struct faultcast_identity id;

	if (nla_put_u32(skb, FAULTCAST_A_DEVICE_GENERATION, READ_ONCE(slot->generation)) ||
	    (faultcast_identity_read(slot, 0, &id) &&
	     fill_identity(skb, FAULTCAST_A_DEVICE_IDENTITY, &id, serial)) ||
	    (READ_ONCE(slot->present) && nla_put_u8(skb, FAULTCAST_A_DEVICE_PRESENT, 1)))
		return -EMSGSIZE;
	if (READ_ONCE(slot->has_limit) &&
	    (nla_put_u32(skb, FAULTCAST_A_DEVICE_RATE, READ_ONCE(slot->limit.rate)) ||
	     nla_put_u32(skb, FAULTCAST_A_DEVICE_BURST, READ_ONCE(slot->limit.burst))))
		return -EMSGSIZE;
	return fill_aliases(skb, slot) ?: fill_aer_errors(skb, slot);
}

/* Writes segment and bdf, or the name, or neither, with the attribute numbers of the set. */
static int fill_address(struct sk_buff *skb, u32 index, int segment_attr, int bdf_attr,
			int name_attr)
{
	const struct faultcast_slot *slot = faultcast_slot_at(index);
	u32 segment;
	u16 bdf;

	if (faultcast_slot_pci(slot, &segment, &bdf))
		return nla_put_u32(skb, segment_attr, segment) ?:
		       nla_put_u32(skb, bdf_attr, bdf);
	if (*slot->name)
		return nla_put_string(skb, name_attr, slot->name);
	return 0;
}

static int fill_times(struct sk_buff *skb, const struct faultcast_slot *slot)
{
	u64 first = atomic64_read(&slot->first_boot), last = atomic64_read(&slot->last_boot);

	if (!first || !last)
		return 0;
	return put_u64(skb, FAULTCAST_A_DEVICE_FIRST_REAL, faultcast_log_real(first),
		       FAULTCAST_A_DEVICE_PAD) ?:
	       put_u64(skb, FAULTCAST_A_DEVICE_LAST_REAL, faultcast_log_real(last),
		       FAULTCAST_A_DEVICE_PAD);
}

/* Reads published, suppressed and lost before raised: see faultcast_log_totals(). */
int faultcast_attrs_device(struct sk_buff *skb, u32 index, bool serial)
{
	const struct faultcast_slot *slot = faultcast_slot_at(index);
	int ctr;

	if (nla_put_u32(skb, FAULTCAST_A_DEVICE_SLOT, index) ||
	    fill_address(skb, index, FAULTCAST_A_DEVICE_SEGMENT, FAULTCAST_A_DEVICE_BDF,
			 FAULTCAST_A_DEVICE_NAME) ||
	    (faultcast_slot_is_overflow(index) &&
	     nla_put_u8(skb, FAULTCAST_A_DEVICE_OVERFLOW, 1)) ||
	    put_u64(skb, FAULTCAST_A_DEVICE_LOST, atomic64_read(&slot->lost),
		    FAULTCAST_A_DEVICE_PAD) ||
	    put_u64(skb, FAULTCAST_A_DEVICE_SUPPRESSED, atomic64_read(&slot->suppressed),
		    FAULTCAST_A_DEVICE_PAD) ||
	    put_u64(skb, FAULTCAST_A_DEVICE_PUBLISHED, atomic64_read(&slot->published),
		    FAULTCAST_A_DEVICE_PAD) ||
	    fill_times(skb, slot))
		return -EMSGSIZE;
	smp_rmb();	/* pairs with the full barrier of the counting atomics */
	for (ctr = 0; ctr < FAULTCAST_CTR_NUM; ctr++)
		if (fill_counter(skb, slot, ctr))
			return -EMSGSIZE;
	return fill_particulars(skb, slot, serial);
}

/* An error of an IOMMU has the same attributes, as far as they are known. */
static int fill_io_page_fault(struct sk_buff *skb, const struct faultcast_event *ev)
{
	return nla_put_u32(skb, FAULTCAST_A_EVENT_ACCESS, ev->access) ||
	       (ev->has & FAULTCAST_HAS_IOVA &&
		put_u64(skb, FAULTCAST_A_EVENT_IOVA, ev->iova, FAULTCAST_A_EVENT_PAD)) ||
	       (ev->has & FAULTCAST_HAS_PASID &&
		nla_put_u32(skb, FAULTCAST_A_EVENT_PASID, ev->pasid));
}

static int fill_aer(struct sk_buff *skb, const struct faultcast_event *ev)
{
	return nla_put_u32(skb, FAULTCAST_A_EVENT_AER_SEVERITY, ev->severity) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_AER_STATUS, ev->aer_status) ||
	       (ev->bus && nla_put_u32(skb, FAULTCAST_A_EVENT_BUS, ev->bus)) ||
	       (ev->has & FAULTCAST_HAS_TLP &&
		nla_put(skb, FAULTCAST_A_EVENT_AER_TLP, sizeof(ev->tlp), ev->tlp));
}

static int fill_link(struct sk_buff *skb, const struct faultcast_event *ev)
{
	return nla_put_u32(skb, FAULTCAST_A_EVENT_LINK_REASON, ev->link_reason) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_LINK_SPEED, ev->link_speed) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_LINK_WIDTH, ev->link_width) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_LINK_STATUS, ev->link_status);
}

static int fill_dpc(struct sk_buff *skb, const struct faultcast_event *ev)
{
	return nla_put_u32(skb, FAULTCAST_A_EVENT_DPC, ev->dpc) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_DPC_STATUS, ev->dpc_status);
}

/* Writes the attributes that only this kind of event has.  Returns nonzero if @skb is full. */
static int fill_kind(struct sk_buff *skb, const struct faultcast_event *ev)
{
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
	case FAULTCAST_KIND_IOMMU_ERROR:
		return fill_io_page_fault(skb, ev);
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return ev->has & FAULTCAST_HAS_IRTE &&
		       nla_put_u32(skb, FAULTCAST_A_EVENT_IRTE_INDEX, ev->irte_index);
	case FAULTCAST_KIND_AER:
		return fill_aer(skb, ev);
	case FAULTCAST_KIND_LINK:
		return fill_link(skb, ev);
	case FAULTCAST_KIND_HOTPLUG:
		return nla_put_u32(skb, FAULTCAST_A_EVENT_HOTPLUG, ev->hotplug);
	case FAULTCAST_KIND_DPC:
		return fill_dpc(skb, ev);
	case FAULTCAST_KIND_RECOVERY:
		return nla_put_u32(skb, FAULTCAST_A_EVENT_RECOVERY, ev->recovery);
	default:
		return 0;
	}
}

/* Writes where a fault was reported, and the other device that it concerns. */
static int fill_origin(struct sk_buff *skb, const struct faultcast_event *ev)
{
	const char *iommu = faultcast_iommu_name(ev->iommu);

	return (iommu && nla_put_string(skb, FAULTCAST_A_EVENT_IOMMU, iommu)) ||
	       (ev->iommu_type &&
		nla_put_u32(skb, FAULTCAST_A_EVENT_IOMMU_TYPE, ev->iommu_type)) ||
	       (ev->iommu_flags &&
		nla_put_u32(skb, FAULTCAST_A_EVENT_IOMMU_FLAGS, ev->iommu_flags)) ||
	       (ev->has & FAULTCAST_HAS_STREAM &&
		nla_put_u32(skb, FAULTCAST_A_EVENT_STREAM_ID, ev->stream_id)) ||
	       (ev->has & FAULTCAST_HAS_RELATED &&
		(nla_put_u32(skb, FAULTCAST_A_EVENT_RELATED_SEGMENT, ev->related_segment) ||
		 nla_put_u32(skb, FAULTCAST_A_EVENT_RELATED_BDF, ev->related_bdf)));
}

static int fill_event(struct sk_buff *skb, const struct faultcast_event *ev, bool serial)
{
	const struct faultcast_slot *slot = faultcast_slot_at(ev->slot);
	struct faultcast_identity id;

	return put_u64(skb, FAULTCAST_A_EVENT_SEQ, ev->seq, FAULTCAST_A_EVENT_PAD) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_KIND, ev->kind) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_FLAGS, ev->flags) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_SLOT, ev->slot) ||
	       fill_address(skb, ev->slot, FAULTCAST_A_EVENT_SEGMENT, FAULTCAST_A_EVENT_BDF,
			    FAULTCAST_A_EVENT_NAME) ||
	       put_u64(skb, FAULTCAST_A_EVENT_MONO, ev->mono_ns, FAULTCAST_A_EVENT_PAD) ||
	       put_u64(skb, FAULTCAST_A_EVENT_REAL, ev->real_ns, FAULTCAST_A_EVENT_PAD) ||
	       (ev->suppressed_before &&
		put_u64(skb, FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, ev->suppressed_before,
			FAULTCAST_A_EVENT_PAD)) ||
	       (ev->lost_before &&
		put_u64(skb, FAULTCAST_A_EVENT_LOST_BEFORE, ev->lost_before,
			FAULTCAST_A_EVENT_PAD)) ||
	       (ev->has & FAULTCAST_HAS_REASON &&
		nla_put_u32(skb, FAULTCAST_A_EVENT_REASON, ev->reason)) ||
	       fill_kind(skb, ev) ||
	       fill_origin(skb, ev) ||
	       nla_put_u32(skb, FAULTCAST_A_EVENT_GENERATION, ev->generation) ||
	       (ev->generation && faultcast_identity_read(slot, ev->generation, &id) &&
		fill_identity(skb, FAULTCAST_A_EVENT_IDENTITY, &id, serial));
}

int faultcast_attrs_event(struct sk_buff *skb, const struct faultcast_event *ev, bool serial)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_BATCH_EVENT);

	if (!nest)
		return -EMSGSIZE;
	if (fill_event(skb, ev, serial)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int faultcast_attrs_gap(struct sk_buff *skb, u64 from, u64 to)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_BATCH_GAP);

	if (!nest ||
	    put_u64(skb, FAULTCAST_A_GAP_FROM, from, FAULTCAST_A_GAP_PAD) ||
	    put_u64(skb, FAULTCAST_A_GAP_TO, to, FAULTCAST_A_GAP_PAD) ||
	    nla_put_u32(skb, FAULTCAST_A_GAP_WHY, FAULTCAST_GAP_HISTORY)) {
		if (nest)
			nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}
