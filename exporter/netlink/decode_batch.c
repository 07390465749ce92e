// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attrs.h"
#include "decode.h"
#include "faultcast.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/iommu.h"

static struct nla_policy event_policy[FAULTCAST_A_EVENT_MAX + 1] = {
	[FAULTCAST_A_EVENT_SEQ] = NUMBER_64,
	[FAULTCAST_A_EVENT_KIND] = NUMBER_32,
	[FAULTCAST_A_EVENT_FLAGS] = NUMBER_32,
	[FAULTCAST_A_EVENT_SLOT] = NUMBER_32,
	[FAULTCAST_A_EVENT_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_EVENT_BDF] = NUMBER_32,
	[FAULTCAST_A_EVENT_NAME] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_EVENT_MONO] = NUMBER_64,
	[FAULTCAST_A_EVENT_REAL] = NUMBER_64,
	[FAULTCAST_A_EVENT_IOVA] = NUMBER_64,
	[FAULTCAST_A_EVENT_ACCESS] = NUMBER_32,
	[FAULTCAST_A_EVENT_REASON] = NUMBER_32,
	[FAULTCAST_A_EVENT_PASID] = NUMBER_32,
	[FAULTCAST_A_EVENT_IRTE_INDEX] = NUMBER_32,
	[FAULTCAST_A_EVENT_AER_SEVERITY] = NUMBER_32,
	[FAULTCAST_A_EVENT_AER_STATUS] = NUMBER_32,
	[FAULTCAST_A_EVENT_AER_TLP] = { .type = NLA_UNSPEC, .minlen = 16, .maxlen = 16 },
	[FAULTCAST_A_EVENT_GENERATION] = NUMBER_32,
	[FAULTCAST_A_EVENT_SUPPRESSED_BEFORE] = NUMBER_64,
	[FAULTCAST_A_EVENT_IDENTITY] = { .type = NLA_NESTED },
	[FAULTCAST_A_EVENT_HOTPLUG] = NUMBER_32,
	[FAULTCAST_A_EVENT_LINK_REASON] = NUMBER_32,
	[FAULTCAST_A_EVENT_LINK_SPEED] = NUMBER_32,
	[FAULTCAST_A_EVENT_LINK_WIDTH] = NUMBER_32,
	[FAULTCAST_A_EVENT_LINK_STATUS] = NUMBER_32,
	[FAULTCAST_A_EVENT_LOST_BEFORE] = NUMBER_64,
	[FAULTCAST_A_EVENT_IOMMU] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_EVENT_IOMMU_TYPE] = NUMBER_32,
	[FAULTCAST_A_EVENT_IOMMU_FLAGS] = NUMBER_32,
	[FAULTCAST_A_EVENT_STREAM_ID] = NUMBER_32,
	[FAULTCAST_A_EVENT_RELATED_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_EVENT_RELATED_BDF] = NUMBER_32,
	[FAULTCAST_A_EVENT_DPC] = NUMBER_32,
	[FAULTCAST_A_EVENT_DPC_STATUS] = NUMBER_32,
	[FAULTCAST_A_EVENT_RECOVERY] = NUMBER_32,
	[FAULTCAST_A_EVENT_BUS] = NUMBER_32,
};

static void get_iommu_fault(struct fault_event *ev, struct nlattr **tb)
{
	char name[FAULTCAST_NAME_LEN];

	attrs_get_string(tb[FAULTCAST_A_EVENT_IOMMU], name, sizeof(name));
	ev->iommu = iommu_name(name);
	ev->iommu_type = attrs_get_u32(tb[FAULTCAST_A_EVENT_IOMMU_TYPE]);
	ev->iommu_flags = attrs_get_u32(tb[FAULTCAST_A_EVENT_IOMMU_FLAGS]);
	ev->has_stream = tb[FAULTCAST_A_EVENT_STREAM_ID];
	ev->stream_id = attrs_get_u32(tb[FAULTCAST_A_EVENT_STREAM_ID]);
	ev->has_iova = tb[FAULTCAST_A_EVENT_IOVA];
	ev->iova = attrs_get_u64(tb[FAULTCAST_A_EVENT_IOVA]);
	ev->has_pasid = tb[FAULTCAST_A_EVENT_PASID];
	ev->pasid = attrs_get_u32(tb[FAULTCAST_A_EVENT_PASID]);
	ev->access = attrs_get_u32(tb[FAULTCAST_A_EVENT_ACCESS]);
	ev->irte_index = attrs_get_u32(tb[FAULTCAST_A_EVENT_IRTE_INDEX]);
	ev->irte_unknown = ev->kind == FAULTCAST_KIND_INTERRUPT_REMAPPING &&
			   !tb[FAULTCAST_A_EVENT_IRTE_INDEX];
}

static void get_aer(struct fault_event *ev, struct nlattr **tb)
{
	ev->aer_severity = attrs_get_u32(tb[FAULTCAST_A_EVENT_AER_SEVERITY]);
	ev->aer_status = attrs_get_u32(tb[FAULTCAST_A_EVENT_AER_STATUS]);
	ev->has_tlp = tb[FAULTCAST_A_EVENT_AER_TLP];
	if (ev->has_tlp)
		memcpy(ev->tlp, nla_data(tb[FAULTCAST_A_EVENT_AER_TLP]), sizeof(ev->tlp));
	ev->bus = attrs_get_u32(tb[FAULTCAST_A_EVENT_BUS]);
}

static void get_link(struct fault_event *ev, struct nlattr **tb)
{
	ev->link_reason = attrs_get_u32(tb[FAULTCAST_A_EVENT_LINK_REASON]);
	ev->link_speed = attrs_get_u32(tb[FAULTCAST_A_EVENT_LINK_SPEED]);
	ev->link_width = attrs_get_u32(tb[FAULTCAST_A_EVENT_LINK_WIDTH]);
	ev->link_status = attrs_get_u32(tb[FAULTCAST_A_EVENT_LINK_STATUS]);
}

static void get_hotplug(struct fault_event *ev, struct nlattr **tb)
{
	ev->hotplug = attrs_get_u32(tb[FAULTCAST_A_EVENT_HOTPLUG]);
}

static void get_dpc(struct fault_event *ev, struct nlattr **tb)
{
	ev->dpc = attrs_get_u32(tb[FAULTCAST_A_EVENT_DPC]);
	ev->dpc_status = attrs_get_u32(tb[FAULTCAST_A_EVENT_DPC_STATUS]);
}

static void get_recovery(struct fault_event *ev, struct nlattr **tb)
{
	ev->recovery = attrs_get_u32(tb[FAULTCAST_A_EVENT_RECOVERY]);
}

/* The attributes of this kind of event only. */
static void get_particulars(struct fault_event *ev, struct nlattr **tb)
{
	static void (*const get[FAULTCAST_KIND_MAX + 1])(struct fault_event *, struct nlattr **) = {
		[FAULTCAST_KIND_IO_PAGE_FAULT] = get_iommu_fault,
		[FAULTCAST_KIND_INTERRUPT_REMAPPING] = get_iommu_fault,
		[FAULTCAST_KIND_AER] = get_aer,
		[FAULTCAST_KIND_LINK] = get_link,
		[FAULTCAST_KIND_HOTPLUG] = get_hotplug,
		[FAULTCAST_KIND_IOMMU_ERROR] = get_iommu_fault,
		[FAULTCAST_KIND_DPC] = get_dpc,
		[FAULTCAST_KIND_RECOVERY] = get_recovery,
	};

	if (ev->kind <= FAULTCAST_KIND_MAX && get[ev->kind])
		get[ev->kind](ev, tb);
}

static int decode_event(struct nlattr *nest, uint64_t instance, struct fault_event *ev,
			uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_EVENT_MAX + 1];
	uint32_t flags;

	if (ATTRS_PARSE_NEST(tb, nest, event_policy, unknown) ||
	    !attrs_get_u64(tb[FAULTCAST_A_EVENT_SEQ]) || !tb[FAULTCAST_A_EVENT_KIND])
		return -EBADMSG;
	flags = attrs_get_u32(tb[FAULTCAST_A_EVENT_FLAGS]);
	*ev = (struct fault_event){
		.instance = instance,
		.seq = attrs_get_u64(tb[FAULTCAST_A_EVENT_SEQ]),
		.kind = attrs_get_u32(tb[FAULTCAST_A_EVENT_KIND]),
		.slot = attrs_get_u32(tb[FAULTCAST_A_EVENT_SLOT]),
		.mono_ns = attrs_get_u64(tb[FAULTCAST_A_EVENT_MONO]),
		.real_ns = attrs_get_u64(tb[FAULTCAST_A_EVENT_REAL]),
		.reason = attrs_get_u32(tb[FAULTCAST_A_EVENT_REASON]),
		.has_reason = tb[FAULTCAST_A_EVENT_REASON],
		.has_related = tb[FAULTCAST_A_EVENT_RELATED_BDF],
		.related_segment = attrs_get_u32(tb[FAULTCAST_A_EVENT_RELATED_SEGMENT]),
		.related_bdf = (uint16_t)attrs_get_u32(tb[FAULTCAST_A_EVENT_RELATED_BDF]),
		.suppressed_before = attrs_get_u64(tb[FAULTCAST_A_EVENT_SUPPRESSED_BEFORE]),
		.lost_before = attrs_get_u64(tb[FAULTCAST_A_EVENT_LOST_BEFORE]),
		.synthetic = flags & FAULTCAST_EVENT_F_SYNTHETIC,
		.identity_late = flags & FAULTCAST_EVENT_F_IDENTITY_LATE,
		.generation = attrs_get_u32(tb[FAULTCAST_A_EVENT_GENERATION]),
	};
	attrs_get_address(&ev->device, tb[FAULTCAST_A_EVENT_SEGMENT], tb[FAULTCAST_A_EVENT_BDF],
			  tb[FAULTCAST_A_EVENT_NAME]);
	get_particulars(ev, tb);
	if (!ev->kind || ev->kind > FAULTCAST_KIND_MAX)
		++*unknown;
	return attrs_get_identity(&ev->identity, tb[FAULTCAST_A_EVENT_IDENTITY], unknown);
}

static struct nla_policy gap_policy[FAULTCAST_A_GAP_MAX + 1] = {
	[FAULTCAST_A_GAP_FROM] = NUMBER_64,
	[FAULTCAST_A_GAP_TO] = NUMBER_64,
	[FAULTCAST_A_GAP_WHY] = NUMBER_32,
};

static int decode_gap(struct nlattr *nest, struct fault_gap *gap, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_GAP_MAX + 1];

	if (ATTRS_PARSE_NEST(tb, nest, gap_policy, unknown))
		return -EBADMSG;
	*gap = (struct fault_gap){
		.reason = GAP_HISTORY,
		.from = attrs_get_u64(tb[FAULTCAST_A_GAP_FROM]),
		.to = attrs_get_u64(tb[FAULTCAST_A_GAP_TO]),
	};
	return gap->from && gap->to >= gap->from && gap->to < UINT64_MAX ? 0 : -EBADMSG;
}

static struct nla_policy batch_policy[FAULTCAST_A_BATCH_MAX + 1] = {
	[FAULTCAST_A_BATCH_INSTANCE] = NUMBER_64,
	[FAULTCAST_A_BATCH_EVENT] = { .type = NLA_NESTED },
	[FAULTCAST_A_BATCH_GAP] = { .type = NLA_NESTED },
};

/* The decoded content of a batch, in its order. */
struct item {
	bool is_gap;
	union {
		struct fault_event event;
		struct fault_gap gap;
	};
};

static size_t count_items(struct nlmsghdr *nlh)
{
	struct nlattr *attr;
	size_t n = 0;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		n += nla_type(attr) == FAULTCAST_A_BATCH_EVENT ||
		     nla_type(attr) == FAULTCAST_A_BATCH_GAP;
	return n;
}

static int decode_items(struct nlmsghdr *nlh, uint64_t instance, struct item *items,
			uint64_t *unknown)
{
	struct item *item = items;
	struct nlattr *attr;
	int rem, err = 0;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		int type = nla_type(attr);

		if (type != FAULTCAST_A_BATCH_EVENT && type != FAULTCAST_A_BATCH_GAP)
			continue;
		item->is_gap = type == FAULTCAST_A_BATCH_GAP;
		if (item->is_gap)
			err = decode_gap(attr, &item->gap, unknown);
		else
			err = decode_event(attr, instance, &item->event, unknown);
		if (err)
			break;
		item++;
	}
	return err;
}

static void hand_on(const struct item *items, size_t n, uint64_t instance,
		    const struct batch_handler *handler, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].is_gap)
			handler->gap(ctx, instance, &items[i].gap);
		else
			handler->event(ctx, &items[i].event);
	}
}

int decode_batch(struct nlmsghdr *nlh, const struct batch_handler *handler, void *ctx,
		 uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_BATCH_MAX + 1];
	uint64_t instance, new_unknown = 0;
	struct item *items;
	size_t n;
	int err;

	if (!attrs_are_family(nlh) ||
	    attrs_parse(tb, FAULTCAST_A_BATCH_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), batch_policy, &new_unknown))
		return -EBADMSG;
	instance = attrs_get_u64(tb[FAULTCAST_A_BATCH_INSTANCE]);
	if (!instance)
		return -EBADMSG;
	n = count_items(nlh);
	items = malloc(n * sizeof(*items));
	if (!items && n)
		return -ENOMEM;
	err = decode_items(nlh, instance, items, &new_unknown);
	if (!err) {
		*unknown += new_unknown;
		hand_on(items, n, instance, handler, ctx);
	}
	free(items);
	return err;
}
