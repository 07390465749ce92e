// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: requests, policies and dumps.  uapi/faultcast.h is
 * its contract; attrs.c writes its attributes, notify.c its notifications, and
 * config.c serves CONFIG_SET.
 */
#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "attrs.h"
#include "compat.h"
#include "config.h"
#include "core/event.h"
#include "core/log.h"
#include "core/raise.h"
#include "core/slot.h"
#include "core/storm.h"
#include "genl.h"
#include "policy.h"

const struct faultcast_load *faultcast_genl_load;

/* INJECT against unload: nothing is raised once @closing is seen. */
static DEFINE_MUTEX(inject_lock);
static bool closing;

int faultcast_genl_put_instance(struct sk_buff *skb)
{
	return nla_put_u64_64bit(skb, FAULTCAST_A_BATCH_INSTANCE, faultcast_genl_load->instance,
				 FAULTCAST_A_BATCH_PAD);
}

/* The largest answer.  It has room for the status of a machine with a thousand IOMMU units. */
#define REPLY_MAX	SZ_64K

/* Writes the attributes of an answer; -EMSGSIZE if @skb is full. */
typedef int (*fill_fn)(struct sk_buff *skb, const void *what, bool admin);

static bool is_admin(const struct sk_buff *request)
{
	return netlink_capable(request, CAP_NET_ADMIN);
}

static int reply_of(struct sk_buff *request, struct genl_info *info, size_t size, fill_fn fill,
		    const void *what)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &faultcast_genl_family, 0, info->genlhdr->cmd);
	if (!hdr || fill(skb, what, is_admin(request))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* Answers a request with one message, which is usually small. */
static int reply(struct sk_buff *request, struct genl_info *info, fill_fn fill, const void *what)
{
	size_t size = GENLMSG_DEFAULT_SIZE;
	int err;

	do {
		err = reply_of(request, info, size, fill, what);
		size *= 2;
	} while (err == -EMSGSIZE && size <= REPLY_MAX);
	return err;
}

static int fill_status(struct sk_buff *skb, const void *unused, bool admin)
{
	return faultcast_attrs_status(skb, faultcast_genl_load);
}

static int status_get(struct sk_buff *request, struct genl_info *info)
{
	return reply(request, info, fill_status, NULL);
}

/* Slots, of a kilobyte each, passed over before others may run. */
#define SLOTS_AT_ONCE	256

struct device_dump {
	u32 next;
};

static int fill_device(struct sk_buff *skb, const void *index, bool admin)
{
	return faultcast_attrs_device(skb, *(const u32 *)index, admin);
}

static int device_get(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *segment = info->attrs[FAULTCAST_A_DEVICE_SEGMENT];
	struct nlattr *bdf = info->attrs[FAULTCAST_A_DEVICE_BDF];
	struct nlattr *name = info->attrs[FAULTCAST_A_DEVICE_NAME];
	u32 index;
	int err;

	if (!bdf && !name) {
		NL_SET_ERR_MSG(info->extack, "expected segment and bdf, or name");
		return -EINVAL;
	}
	err = faultcast_requested_slot(info, segment, bdf, name, false, &index);
	if (err == -ENODEV)
		NL_SET_ERR_MSG_ATTR(info->extack, name ?: bdf, "the device has no slot");
	if (err)
		return err;
	faultcast_slot_wait(index);
	return reply(request, info, fill_device, &index);
}

/*
 * A dump holds the module until its reader has come to its end, so not every process may
 * start one.  Before 6.2 a family cannot require the capability for the dump alone.  A
 * device with every error bit counted is larger than a dump's usual message.
 */
static int device_dump_start(struct netlink_callback *cb)
{
	if (!is_admin(cb->skb))
		return -EPERM;
	cb->min_dump_alloc = 2 * NLMSG_GOODSIZE;
	return 0;
}

/* The policy is that of a request for one device.  6.1 has no extack yet when a dump starts. */
static int no_attributes(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faultcast_device_get_nl_policy); i++) {
		if (!attrs[i])
			continue;
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[i], "a dump takes no attributes");
		return -EINVAL;
	}
	return 0;
}

static int device_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct device_dump *dump = (void *)cb->ctx;
	int err = no_attributes(cb);

	if (err)
		return err;
	for (; dump->next < faultcast_slot_num(); dump->next++) {
		const struct faultcast_slot *slot = faultcast_slot_at(dump->next);
		void *hdr;

		if (!(dump->next % SLOTS_AT_ONCE))
			cond_resched();
		if (!atomic_read_acquire(&slot->ready) ||
		    (!faultcast_slot_raised(slot) && !READ_ONCE(slot->has_limit) &&
		     !READ_ONCE(slot->present)))
			continue;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &faultcast_genl_family, NLM_F_MULTI, FAULTCAST_CMD_DEVICE_GET);
		if (!hdr)
			return skb->len ?: -EMSGSIZE;
		if (faultcast_attrs_device(skb, dump->next, true)) {
			genlmsg_cancel(skb, hdr);
			return skb->len ?: -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
	}
	return skb->len;
}

struct event_dump {
	u64 next;
	u64 end;
};

static int event_get_start(struct netlink_callback *cb)
{
	struct event_dump *dump = (void *)cb->ctx;
	struct nlattr *from = genl_info_dump(cb)->attrs[FAULTCAST_A_BATCH_FROM];
	u64 tail;

	faultcast_log_bounds(&tail, &dump->end);
	dump->next = from ? nla_get_u64(from) : max_t(u64, tail, 1);
	return 0;
}

/* Puts event @dump->next, or first the gap before what is left of the history. */
static int dump_one(struct sk_buff *skb, struct event_dump *dump)
{
	struct faultcast_event ev;
	u64 seq = faultcast_log_read(dump->next, &ev);
	int err;

	if (seq > dump->next) {
		u64 to = min(seq - 1, dump->end);

		err = faultcast_attrs_gap(skb, dump->next, to);
		if (err)
			return err;
		dump->next = to + 1;
		return 0;
	}
	err = faultcast_attrs_event(skb, &ev, true);
	if (!err)
		dump->next++;
	return err;
}

static int event_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct event_dump *dump = (void *)cb->ctx;
	u64 first = dump->next;
	void *hdr;

	/* Checked here, because 6.1 has no extack yet when a dump starts. */
	if (!dump->next || dump->next > dump->end + 1) {
		NL_SET_ERR_MSG(cb->extack, "sequence number is 0 or beyond head + 1");
		return -EINVAL;
	}
	if (dump->next > dump->end)
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &faultcast_genl_family, NLM_F_MULTI, FAULTCAST_CMD_EVENT_GET);
	if (!hdr || faultcast_genl_put_instance(skb))
		return -EMSGSIZE;
	while (dump->next <= dump->end && !dump_one(skb, dump))
		;
	if (dump->next == first)
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return skb->len;
}

/* Fills @ev, except its slot, and checks which attributes go with which kind. */
static int requested_event(struct genl_info *info, struct faultcast_event *ev)
{
	struct nlattr *access = info->attrs[FAULTCAST_A_INJECT_ACCESS];
	struct nlattr *iova = info->attrs[FAULTCAST_A_INJECT_IOVA];
	struct nlattr *kind = info->attrs[FAULTCAST_A_INJECT_KIND];
	struct nlattr *severity = info->attrs[FAULTCAST_A_INJECT_AER_SEVERITY];
	struct nlattr *status = info->attrs[FAULTCAST_A_INJECT_AER_STATUS];
	bool aer;

	if (!kind) {
		NL_SET_ERR_MSG(info->extack, "kind is missing");
		return -EINVAL;
	}
	ev->kind = nla_get_u32(kind);
	aer = ev->kind == FAULTCAST_KIND_AER;
	if (ev->kind == FAULTCAST_KIND_INTERRUPT_REMAPPING) {
		NL_SET_ERR_MSG_ATTR(info->extack, kind, "expected kind io-page-fault or aer");
		return -EINVAL;
	}
	if (aer ? access || iova : severity || status) {
		NL_SET_ERR_MSG_ATTR(info->extack, kind, "kind does not take all these attributes");
		return -EINVAL;
	}
	if (aer) {
		ev->severity = severity ? nla_get_u32(severity) : FAULTCAST_SEVERITY_NONFATAL;
		ev->aer_status = status ? nla_get_u32(status) : 0;
		return 0;
	}
	ev->access = access ? nla_get_u32(access) : FAULTCAST_ACCESS_UNKNOWN;
	ev->iova = iova ? nla_get_u64(iova) : 0;
	ev->has = FAULTCAST_HAS_IOVA;
	return 0;
}

static int inject(struct sk_buff *request, struct genl_info *info)
{
	struct faultcast_event ev = { .flags = FAULTCAST_EVENT_F_SYNTHETIC };
	int err = requested_event(info, &ev);

	if (err)
		return err;
	mutex_lock(&inject_lock);
	err = faultcast_requested_slot(info, info->attrs[FAULTCAST_A_INJECT_SEGMENT],
				       info->attrs[FAULTCAST_A_INJECT_BDF],
				       info->attrs[FAULTCAST_A_INJECT_NAME], true, &ev.slot);
	/* Without a slot of its own the device shares the overflow slot. */
	if (!err || err == -ENODEV)
		err = closing ? -ENODEV : faultcast_raise(&ev);
	mutex_unlock(&inject_lock);
	return err;
}

static const struct nla_policy no_attrs_policy[] = {
	[1] = { .type = NLA_REJECT },
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
		.doit = device_get,
		.start = device_dump_start,
		.dumpit = device_dump,
		.policy = faultcast_device_get_nl_policy,
		.maxattr = ARRAY_SIZE(faultcast_device_get_nl_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_EVENT_GET,
		.flags = GENL_ADMIN_PERM,
		.start = event_get_start,
		.dumpit = event_get,
		.policy = faultcast_event_get_nl_policy,
		.maxattr = ARRAY_SIZE(faultcast_event_get_nl_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_CONFIG_SET,
		.flags = GENL_ADMIN_PERM,
		.doit = faultcast_config_set,
		.policy = faultcast_config_set_nl_policy,
		.maxattr = ARRAY_SIZE(faultcast_config_set_nl_policy) - 1,
	},
	{
		.cmd = FAULTCAST_CMD_INJECT,
		.flags = GENL_ADMIN_PERM,
		.doit = inject,
		.policy = faultcast_inject_nl_policy,
		.maxattr = ARRAY_SIZE(faultcast_inject_nl_policy) - 1,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = FAULTCAST_MCGRP_EVENTS, .flags = FAULTCAST_MCAST_FLAGS },
};

struct genl_family faultcast_genl_family __ro_after_init = {
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

int faultcast_genl_init(const struct faultcast_load *this_load)
{
	BUILD_BUG_ON(sizeof(struct event_dump) > sizeof_field(struct netlink_callback, ctx));
	faultcast_genl_load = this_load;
	return genl_register_family(&faultcast_genl_family);
}

void faultcast_genl_exit(void)
{
	genl_unregister_family(&faultcast_genl_family);
}

void faultcast_genl_close(void)
{
	mutex_lock(&inject_lock);
	closing = true;
	mutex_unlock(&inject_lock);
}
