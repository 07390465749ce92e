// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the module's structs to the attributes of uapi/faultcast.h: one function
 * per thing, for replies, dumps and notifications alike.
 */
#include <net/genetlink.h>

#include "wire.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attr, value, pad);
}

static int fill_kindcount(struct sk_buff *skb, u32 kind, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_STATUS_PUBLISHED_KIND);

	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_KINDCOUNT_KIND, kind) ||
	    put_u64(skb, FAULTCAST_A_KINDCOUNT_VALUE, value, FAULTCAST_A_KINDCOUNT_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_probe(struct sk_buff *skb, const struct faultcast_source *source)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_STATUS_PROBE);

	if (!nest ||
	    nla_put_string(skb, FAULTCAST_A_PROBE_NAME, source->name) ||
	    nla_put_u32(skb, FAULTCAST_A_PROBE_STATE, source->state) ||
	    nla_put_string(skb, FAULTCAST_A_PROBE_REASON, source->reason) ||
	    nla_put_u8(skb, FAULTCAST_A_PROBE_EXACT, source->exact))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_totals(struct sk_buff *skb)
{
	struct faultcast_totals t;
	u32 kind;

	faultcast_publish_totals(&t);
	if (put_u64(skb, FAULTCAST_A_STATUS_HEAD, t.head, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_TAIL, t.tail, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_RAISED, t.raised, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_PUBLISHED, t.published, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_SUPPRESSED, t.suppressed, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_LOST, t.lost, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_QUEUED, t.queued, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_SUMMARIES, t.summaries, FAULTCAST_A_STATUS_PAD))
		return -EMSGSIZE;
	for (kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (t.by_kind[kind] && fill_kindcount(skb, kind, t.by_kind[kind]))
			return -EMSGSIZE;
	return 0;
}

int faultcast_wire_status(struct sk_buff *skb, u64 instance)
{
	const struct faultcast_params *p = &faultcast_params;
	struct faultcast_source *source;
	unsigned int i;

	if (put_u64(skb, FAULTCAST_A_STATUS_INSTANCE, instance, FAULTCAST_A_STATUS_PAD) ||
	    nla_put_string(skb, FAULTCAST_A_STATUS_VERSION, FAULTCAST_VERSION) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_ABI, FAULTCAST_ABI) ||
	    put_u64(skb, FAULTCAST_A_STATUS_LOADED_REAL, faultcast_loaded_real,
		    FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_HW_OVERFLOW,
		    atomic64_read(&faultcast_source_hw_overflow), FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_NMISSED, faultcast_source_nmissed(),
		    FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_UNKNOWN_UNIT,
		    atomic64_read(&faultcast_source_unknown_unit), FAULTCAST_A_STATUS_PAD) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_DEVICES, p->devices) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_HISTORY, p->history) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_QUEUE, p->queue) ||
	    fill_totals(skb))
		return -EMSGSIZE;
	for (i = 0; (source = faultcast_source_at(i)); i++)
		if (fill_probe(skb, source))
			return -EMSGSIZE;
	return 0;
}

static int fill_counter(struct sk_buff *skb, const struct faultcast_slot *slot,
			enum faultcast_counter ctr)
{
	u64 value = atomic64_read(&slot->raised[ctr]);
	u32 count, detail;
	struct nlattr *nest;

	if (!value)
		return 0;
	faultcast_registry_counter_name(ctr, &count, &detail);
	nest = nla_nest_start(skb, FAULTCAST_A_DEVICE_COUNTER);
	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_COUNTER_COUNT, count) ||
	    nla_put_u32(skb, FAULTCAST_A_COUNTER_DETAIL, detail) ||
	    put_u64(skb, FAULTCAST_A_COUNTER_VALUE, value, FAULTCAST_A_COUNTER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Segment and bdf, or name, or neither, under the set's own attribute numbers. */
static int fill_address(struct sk_buff *skb, u32 index, int segment_attr, int bdf_attr,
			int name_attr)
{
	const struct faultcast_slot *slot = faultcast_registry_slot(index);
	u32 segment;
	u16 bdf;

	if (faultcast_registry_pci(slot, &segment, &bdf))
		return nla_put_u32(skb, segment_attr, segment) ?:
		       nla_put_u32(skb, bdf_attr, bdf);
	if (*slot->name)
		return nla_put_string(skb, name_attr, slot->name);
	return 0;
}

/* By one offset, so that it does not change while nothing happens. */
static u64 real_of(u64 mono_ns)
{
	return ktime_to_ns(ktime_mono_to_real(ns_to_ktime(mono_ns)));
}

static int fill_times(struct sk_buff *skb, const struct faultcast_slot *slot)
{
	u64 first = atomic64_read(&slot->first_mono), last = atomic64_read(&slot->last_mono);

	if (!first || !last)
		return 0;
	return put_u64(skb, FAULTCAST_A_DEVICE_FIRST_REAL, real_of(first),
		       FAULTCAST_A_DEVICE_PAD) ?:
	       put_u64(skb, FAULTCAST_A_DEVICE_LAST_REAL, real_of(last),
		       FAULTCAST_A_DEVICE_PAD);
}

/* The outcomes before what was raised: see publish.c. */
int faultcast_wire_device(struct sk_buff *skb, u32 index)
{
	const struct faultcast_slot *slot = faultcast_registry_slot(index);
	int ctr;

	if (nla_put_u32(skb, FAULTCAST_A_DEVICE_SLOT, index) ||
	    fill_address(skb, index, FAULTCAST_A_DEVICE_SEGMENT, FAULTCAST_A_DEVICE_BDF,
			 FAULTCAST_A_DEVICE_NAME) ||
	    (faultcast_registry_is_overflow(index) &&
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
	return 0;
}

int faultcast_wire_event(struct sk_buff *skb, const struct faultcast_event *ev)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_BATCH_EVENT);

	if (!nest ||
	    put_u64(skb, FAULTCAST_A_EVENT_SEQ, ev->seq, FAULTCAST_A_EVENT_PAD) ||
	    nla_put_u32(skb, FAULTCAST_A_EVENT_KIND, ev->kind) ||
	    nla_put_u32(skb, FAULTCAST_A_EVENT_FLAGS, ev->flags) ||
	    nla_put_u32(skb, FAULTCAST_A_EVENT_SLOT, ev->slot) ||
	    fill_address(skb, ev->slot, FAULTCAST_A_EVENT_SEGMENT, FAULTCAST_A_EVENT_BDF,
			 FAULTCAST_A_EVENT_NAME) ||
	    put_u64(skb, FAULTCAST_A_EVENT_MONO, ev->mono_ns, FAULTCAST_A_EVENT_PAD) ||
	    put_u64(skb, FAULTCAST_A_EVENT_REAL, ev->real_ns, FAULTCAST_A_EVENT_PAD) ||
	    (ev->kind == FAULTCAST_KIND_IO_PAGE_FAULT &&
	     nla_put_u32(skb, FAULTCAST_A_EVENT_ACCESS, ev->access)) ||
	    (ev->has & FAULTCAST_HAS_IOVA &&
	     put_u64(skb, FAULTCAST_A_EVENT_IOVA, ev->iova, FAULTCAST_A_EVENT_PAD)) ||
	    (ev->has & FAULTCAST_HAS_REASON &&
	     nla_put_u32(skb, FAULTCAST_A_EVENT_REASON, ev->reason)) ||
	    (ev->has & FAULTCAST_HAS_PASID &&
	     nla_put_u32(skb, FAULTCAST_A_EVENT_PASID, ev->pasid)) ||
	    (ev->has & FAULTCAST_HAS_IRTE &&
	     nla_put_u32(skb, FAULTCAST_A_EVENT_IRTE_INDEX, ev->irte_index))) {
		if (nest)
			nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int faultcast_wire_gap(struct sk_buff *skb, u64 from, u64 to)
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

