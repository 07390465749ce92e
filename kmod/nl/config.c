// SPDX-License-Identifier: GPL-2.0-only
/* Serves CONFIG_SET: sets storm control for all devices or for one. */
#include <linux/mutex.h>
#include <net/genetlink.h>

#include "attrs.h"
#include "config.h"
#include "core/slot.h"
#include "core/storm.h"
#include "genl.h"
#include "uapi/faultcast.h"

/* One CONFIG_SET at a time, since it reads the settings that it does not change. */
static DEFINE_MUTEX(config_lock);

int faultcast_requested_slot(struct genl_info *info, struct nlattr *segment,
			     struct nlattr *bdf, struct nlattr *name, bool may_claim,
			     u32 *index)
{
	int err = 0;

	if (!segment != !bdf || (bdf && name)) {
		NL_SET_ERR_MSG_ATTR(info->extack, name ?: segment ?: bdf,
				    "expected segment and bdf together, or name");
		return -EINVAL;
	}
	*index = FAULTCAST_SLOT_UNKNOWN;
	if (bdf)
		err = faultcast_slot_request_pci(nla_get_u32(segment), nla_get_u32(bdf),
						 may_claim, index);
	else if (name)
		err = faultcast_slot_request_label(nla_data(name), may_claim, index);
	if (err == -EINVAL)
		NL_SET_ERR_MSG_ATTR(info->extack, name, "expected bus/name or unknown");
	return err;
}

static u32 given_or(struct nlattr *attr, u32 now)
{
	return attr ? nla_get_u32(attr) : now;
}

/* A setting that is absent keeps its value in @now. */
static int config_values(struct genl_info *info, const struct faultcast_limit *now, u32 *rate,
			 u32 *burst)
{
	struct nlattr *burst_attr = info->attrs[FAULTCAST_A_CONFIG_BURST];

	*rate = given_or(info->attrs[FAULTCAST_A_CONFIG_RATE], now->rate);
	*burst = given_or(burst_attr, now->burst);
	if (*burst && *burst <= faultcast_genl_load->queue / 2)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, burst_attr, "burst is 0 or over half the queue");
	return -ERANGE;
}

static int config_device(struct genl_info *info)
{
	struct nlattr *bdf = info->attrs[FAULTCAST_A_CONFIG_BDF];
	struct nlattr *name = info->attrs[FAULTCAST_A_CONFIG_NAME];
	struct faultcast_slot *slot;
	u32 index, rate, burst;
	int err = faultcast_requested_slot(info, info->attrs[FAULTCAST_A_CONFIG_SEGMENT], bdf,
					   name, true, &index);

	if (err == -ENODEV) {
		NL_SET_ERR_MSG_ATTR(info->extack, name ?: bdf,
				    "no device slot is free; load with a larger devices=");
		return -ENOSPC;
	}
	if (err)
		return err;
	slot = faultcast_slot_at(index);
	if (info->attrs[FAULTCAST_A_CONFIG_DEFAULT]) {
		faultcast_storm_unset_device(slot);
		return 0;
	}
	err = config_values(info, slot->has_limit ? &slot->limit : faultcast_storm_limit(),
			    &rate, &burst);
	if (!err)
		faultcast_storm_set_device(slot, rate, burst);
	return err;
}

/*
 * Sets only limits that the request has, because setting a limit gives every device
 * a new burst.
 */
static int config_all(struct genl_info *info)
{
	struct nlattr *host_rate = info->attrs[FAULTCAST_A_CONFIG_HOST_RATE];
	u32 rate, burst;
	int err = config_values(info, faultcast_storm_limit(), &rate, &burst);

	if (err)
		return err;
	if (info->attrs[FAULTCAST_A_CONFIG_RATE] || info->attrs[FAULTCAST_A_CONFIG_BURST])
		faultcast_storm_set(rate, burst);
	if (host_rate)
		faultcast_storm_set_host(nla_get_u32(host_rate), faultcast_genl_load->queue);
	return 0;
}

int faultcast_config_set(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *host_rate = info->attrs[FAULTCAST_A_CONFIG_HOST_RATE];
	struct nlattr *to_default = info->attrs[FAULTCAST_A_CONFIG_DEFAULT];
	bool device = info->attrs[FAULTCAST_A_CONFIG_SEGMENT] ||
		      info->attrs[FAULTCAST_A_CONFIG_BDF] || info->attrs[FAULTCAST_A_CONFIG_NAME];
	bool limit = info->attrs[FAULTCAST_A_CONFIG_RATE] || info->attrs[FAULTCAST_A_CONFIG_BURST];
	int err;

	if (!limit && !host_rate && !to_default) {
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	if (limit && to_default) {
		NL_SET_ERR_MSG_ATTR(info->extack, to_default, "the default has no rate or burst");
		return -EINVAL;
	}

	if (device && host_rate) {
		NL_SET_ERR_MSG_ATTR(info->extack, host_rate, "the host's rate is no device's");
		return -EINVAL;
	}
	if (!device && to_default) {
		NL_SET_ERR_MSG_ATTR(info->extack, to_default, "default needs a device");
		return -EINVAL;
	}
	mutex_lock(&config_lock);
	err = device ? config_device(info) : config_all(info);
	mutex_unlock(&config_lock);
	return err;
}

/* The generated code has no policy for a request without attributes. */
