/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	kmod/faultcast.yaml, explained in docs/netlink.md */
/* YNL-GEN kernel source */
/* To regenerate run: make generate */

#ifndef FAULTCAST_NL_POLICY_H
#define FAULTCAST_NL_POLICY_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include "uapi/faultcast.h"

/* Integer value ranges */
static struct netlink_range_validation faultcast_a_device_bdf_range = {
	.max	= U16_MAX,
};

static struct netlink_range_validation faultcast_a_config_bdf_range = {
	.max	= U16_MAX,
};

static struct netlink_range_validation faultcast_a_config_rate_range = {
	.max	= FAULTCAST_RATE_MAX,
};

static struct netlink_range_validation faultcast_a_config_host_rate_range = {
	.max	= FAULTCAST_RATE_MAX,
};

static struct netlink_range_validation faultcast_a_inject_bdf_range = {
	.max	= U16_MAX,
};

/* FAULTCAST_CMD_DEVICE_GET - do */
static const struct nla_policy faultcast_device_get_nl_policy[FAULTCAST_A_DEVICE_NAME + 1] = {
	[FAULTCAST_A_DEVICE_SEGMENT] = { .type = NLA_U32, },
	[FAULTCAST_A_DEVICE_BDF] = NLA_POLICY_FULL_RANGE(NLA_U32, &faultcast_a_device_bdf_range),
	[FAULTCAST_A_DEVICE_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* FAULTCAST_CMD_EVENT_GET - dump */
static const struct nla_policy faultcast_event_get_nl_policy[FAULTCAST_A_BATCH_FROM + 1] = {
	[FAULTCAST_A_BATCH_FROM] = { .type = NLA_U64, },
};

/* FAULTCAST_CMD_CONFIG_SET - do */
static const struct nla_policy faultcast_config_set_nl_policy[FAULTCAST_A_CONFIG_NAME + 1] = {
	[FAULTCAST_A_CONFIG_SEGMENT] = { .type = NLA_U32, },
	[FAULTCAST_A_CONFIG_BDF] = NLA_POLICY_FULL_RANGE(NLA_U32, &faultcast_a_config_bdf_range),
	[FAULTCAST_A_CONFIG_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &faultcast_a_config_rate_range),
	[FAULTCAST_A_CONFIG_BURST] = { .type = NLA_U32, },
	[FAULTCAST_A_CONFIG_HOST_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &faultcast_a_config_host_rate_range),
	[FAULTCAST_A_CONFIG_DEFAULT] = { .type = NLA_FLAG, },
	[FAULTCAST_A_CONFIG_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* FAULTCAST_CMD_INJECT - do */
static const struct nla_policy faultcast_inject_nl_policy[FAULTCAST_A_INJECT_AER_STATUS + 1] = {
	[FAULTCAST_A_INJECT_SEGMENT] = { .type = NLA_U32, },
	[FAULTCAST_A_INJECT_BDF] = NLA_POLICY_FULL_RANGE(NLA_U32, &faultcast_a_inject_bdf_range),
	[FAULTCAST_A_INJECT_KIND] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
	[FAULTCAST_A_INJECT_ACCESS] = NLA_POLICY_MAX(NLA_U32, 3),
	[FAULTCAST_A_INJECT_IOVA] = { .type = NLA_U64, },
	[FAULTCAST_A_INJECT_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
	[FAULTCAST_A_INJECT_AER_SEVERITY] = NLA_POLICY_MAX(NLA_U32, 2),
	[FAULTCAST_A_INJECT_AER_STATUS] = { .type = NLA_U32, },
};

#endif /* FAULTCAST_NL_POLICY_H */
