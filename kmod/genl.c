// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family.  uapi/faultcast.h is its contract.  One fill
 * function per thing serves replies, dumps and notifications alike.
 */
#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "event.h"

static struct genl_family family;
static u64 instance_id;

/* INJECT against unload: nothing is raised once @closing is seen. */
static DEFINE_MUTEX(inject_lock);
static bool closing;

/* The notification under construction; the worker's alone. */
static struct sk_buff *batch;
static void *batch_hdr;

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

static int fill_status(struct sk_buff *skb)
{
	const struct faultcast_params *p = &faultcast_params;
	struct faultcast_source *source;
	unsigned int i;

	if (put_u64(skb, FAULTCAST_A_STATUS_INSTANCE, instance_id, FAULTCAST_A_STATUS_PAD) ||
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

static int status_get(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &family, 0, FAULTCAST_CMD_STATUS_GET);
	if (!hdr || fill_status(skb)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
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
	u16 segment, bdf;

	if (faultcast_registry_pci(slot, &segment, &bdf))
		return nla_put_u32(skb, segment_attr, segment) ?:
		       nla_put_u32(skb, bdf_attr, bdf);
	if (atomic_read_acquire(&slot->ready) && *slot->name)
		return nla_put_string(skb, name_attr, slot->name);
	return 0;
}

static int fill_times(struct sk_buff *skb, const struct faultcast_slot *slot)
{
	u64 first = atomic64_read(&slot->first_mono), last = atomic64_read(&slot->last_mono);
	u64 mono_to_real = ktime_get_real_ns() - ktime_get_ns();

	if (!first || !last)
		return 0;
	return put_u64(skb, FAULTCAST_A_DEVICE_FIRST_REAL, first + mono_to_real,
		       FAULTCAST_A_DEVICE_PAD) ?:
	       put_u64(skb, FAULTCAST_A_DEVICE_LAST_REAL, last + mono_to_real,
		       FAULTCAST_A_DEVICE_PAD);
}

/* The outcomes before what was raised: see publish.c. */
static int fill_device(struct sk_buff *skb, u32 index)
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
	smp_rmb();
	for (ctr = 0; ctr < FAULTCAST_CTR_NUM; ctr++)
		if (fill_counter(skb, slot, ctr))
			return -EMSGSIZE;
	return 0;
}

struct device_dump {
	u32 next;
};

static int device_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct device_dump *dump = (void *)cb->ctx;

	for (; dump->next < faultcast_registry_size(); dump->next++) {
		void *hdr;

		if (!faultcast_registry_raised(faultcast_registry_slot(dump->next)))
			continue;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				  NLM_F_MULTI, FAULTCAST_CMD_DEVICE_GET);
		if (!hdr)
			break;
		if (fill_device(skb, dump->next)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
	}
	return skb->len;
}

static int fill_event(struct sk_buff *skb, const struct faultcast_event *ev)
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

static int fill_gap(struct sk_buff *skb, u64 from, u64 to)
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

struct event_dump {
	u64 next;
	u64 end;
};

static int event_get_start(struct netlink_callback *cb)
{
	struct event_dump *dump = (void *)cb->ctx;
	struct nlattr *from = genl_dumpit_info(cb)->attrs[FAULTCAST_A_BATCH_FROM];
	u64 tail;

	faultcast_publish_bounds(&tail, &dump->end);
	dump->next = from ? nla_get_u64(from) : max_t(u64, tail, 1);
	if (dump->next && dump->next <= dump->end + 1)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, from, "sequence number is 0 or beyond head + 1");
	return -EINVAL;
}

/* Puts event @dump->next, or first the gap before what is left of the history. */
static int dump_one(struct sk_buff *skb, struct event_dump *dump)
{
	struct faultcast_event ev;
	u64 seq = faultcast_publish_read(dump->next, &ev);
	int err;

	if (seq > dump->next) {
		u64 to = min(seq - 1, dump->end);

		err = fill_gap(skb, dump->next, to);
		if (err)
			return err;
		dump->next = to + 1;
		return 0;
	}
	err = fill_event(skb, &ev);
	if (!err)
		dump->next++;
	return err;
}

static int event_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct event_dump *dump = (void *)cb->ctx;
	u64 first = dump->next;
	void *hdr;

	if (dump->next > dump->end)
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			  NLM_F_MULTI, FAULTCAST_CMD_EVENT_GET);
	if (!hdr || put_u64(skb, FAULTCAST_A_BATCH_INSTANCE, instance_id, FAULTCAST_A_BATCH_PAD))
		return -EMSGSIZE;
	while (dump->next <= dump->end && !dump_one(skb, dump))
		;
	if (dump->next == first)
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return skb->len;
}

static int inject_device(struct genl_info *info, u32 *slot)
{
	struct nlattr *segment = info->attrs[FAULTCAST_A_INJECT_SEGMENT];
	struct nlattr *bdf = info->attrs[FAULTCAST_A_INJECT_BDF];

	if (!segment != !bdf) {
		NL_SET_ERR_MSG_ATTR(info->extack, segment ?: bdf,
				    "segment and bdf go together");
		return -EINVAL;
	}
	*slot = bdf ? faultcast_registry_claim_pci(nla_get_u32(segment), nla_get_u32(bdf)) :
		FAULTCAST_SLOT_UNKNOWN;
	return 0;
}

static int inject(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *access = info->attrs[FAULTCAST_A_INJECT_ACCESS];
	struct nlattr *iova = info->attrs[FAULTCAST_A_INJECT_IOVA];
	struct nlattr *kind = info->attrs[FAULTCAST_A_INJECT_KIND];
	struct faultcast_event ev = {
		.flags = FAULTCAST_EVENT_F_SYNTHETIC,
		.access = access ? nla_get_u32(access) : FAULTCAST_ACCESS_UNKNOWN,
		.iova = iova ? nla_get_u64(iova) : 0,
		.has = FAULTCAST_HAS_IOVA,
	};
	int err;

	if (!kind) {
		NL_SET_ERR_MSG(info->extack, "kind is missing");
		return -EINVAL;
	}
	ev.kind = nla_get_u32(kind);
	mutex_lock(&inject_lock);
	err = closing ? -ENODEV : inject_device(info, &ev.slot);
	if (!err)
		err = faultcast_source_raise(&ev);
	mutex_unlock(&inject_lock);
	return err;
}

static const struct nla_policy no_attrs_policy[] = {
	[1] = { .type = NLA_REJECT },
};

static const struct nla_policy event_get_policy[] = {
	[FAULTCAST_A_BATCH_FROM] = { .type = NLA_U64 },
};

static const struct nla_policy inject_policy[] = {
	[FAULTCAST_A_INJECT_SEGMENT] = NLA_POLICY_MAX(NLA_U32, U16_MAX),
	[FAULTCAST_A_INJECT_BDF] = NLA_POLICY_MAX(NLA_U32, U16_MAX),
	[FAULTCAST_A_INJECT_KIND] = NLA_POLICY_RANGE(NLA_U32, FAULTCAST_KIND_IO_PAGE_FAULT,
						     FAULTCAST_KIND_IO_PAGE_FAULT),
	[FAULTCAST_A_INJECT_ACCESS] = NLA_POLICY_MAX(NLA_U32, FAULTCAST_ACCESS_MAX),
	[FAULTCAST_A_INJECT_IOVA] = { .type = NLA_U64 },
};

static const struct genl_ops ops[] = {
	{
		.cmd = FAULTCAST_CMD_STATUS_GET,
		.doit = status_get,
		.policy = no_attrs_policy,
		.maxattr = ARRAY_SIZE(no_attrs_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_DEVICE_GET,
		.dumpit = device_get,
		.policy = no_attrs_policy,
		.maxattr = ARRAY_SIZE(no_attrs_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_EVENT_GET,
		.flags = GENL_ADMIN_PERM,
		.start = event_get_start,
		.dumpit = event_get,
		.policy = event_get_policy,
		.maxattr = ARRAY_SIZE(event_get_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_INJECT,
		.flags = GENL_ADMIN_PERM,
		.doit = inject,
		.policy = inject_policy,
		.maxattr = ARRAY_SIZE(inject_policy) - 1,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = FAULTCAST_MCGRP_EVENTS, .flags = FAULTCAST_MCAST_FLAGS },
};

static struct genl_family family __ro_after_init = {
	.name = FAULTCAST_GENL_NAME,
	.version = FAULTCAST_GENL_VERSION,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.resv_start_op = FAULTCAST_CMD_UNSPEC + 1,
};

int faultcast_genl_init(u64 instance)
{
	BUILD_BUG_ON(sizeof(struct event_dump) > sizeof_field(struct netlink_callback, ctx));
	instance_id = instance;
	return genl_register_family(&family);
}

void faultcast_genl_exit(void)
{
	genl_unregister_family(&family);
}

/* From here on INJECT says -ENODEV and raises nothing. */
void faultcast_genl_close(void)
{
	mutex_lock(&inject_lock);
	closing = true;
	mutex_unlock(&inject_lock);
}

static bool batch_start(void)
{
	batch = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_NOWAIT | __GFP_NOWARN);
	if (!batch)
		return false;
	batch_hdr = genlmsg_put(batch, 0, 0, &family, 0, FAULTCAST_CMD_EVENT_NTF);
	if (batch_hdr &&
	    !put_u64(batch, FAULTCAST_A_BATCH_INSTANCE, instance_id, FAULTCAST_A_BATCH_PAD))
		return true;
	nlmsg_free(batch);
	batch = NULL;
	return false;
}

/* Tells every listener to ask again with EVENT_GET. */
static void batch_lost(void)
{
	genl_set_err(&family, &init_net, 0, 0, -ENOBUFS);
}

/*
 * Sends what notify has gathered.  Never blocks: a blocking allocation would
 * let a slow reader slow down the worker.
 */
void faultcast_genl_flush(void)
{
	if (!batch)
		return;
	genlmsg_end(batch, batch_hdr);
	genlmsg_multicast_netns(&family, &init_net, batch, 0, 0, GFP_NOWAIT | __GFP_NOWARN);
	batch = NULL;
}

/* Adds @ev to the message under construction; sends that when it is full. */
void faultcast_genl_notify(const struct faultcast_event *ev)
{
	if (!genl_has_listeners(&family, &init_net, 0))
		return;
	if (batch && !fill_event(batch, ev))
		return;
	faultcast_genl_flush();
	if (!batch_start()) {
		batch_lost();
		return;
	}
	/* An empty message holds any one event. */
	WARN_ON_ONCE(fill_event(batch, ev));
}
