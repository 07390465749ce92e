/* SPDX-License-Identifier: GPL-2.0-only */
/* CONFIG_SET, and the device that a request names. */
#ifndef FAULTCAST_NL_CONFIG_H
#define FAULTCAST_NL_CONFIG_H

#include <linux/types.h>

struct genl_info;
struct nlattr;
struct sk_buff;

/* The handler of CONFIG_SET.  Returns 0 or a negative errno, with an extack. */
int faultcast_config_set(struct sk_buff *request, struct genl_info *info);

/*
 * Sets @index to the slot of a request's device: @segment and @bdf, or @name, or none
 * for unknown.  @may_claim as in faultcast_slot_request_pci().  Returns 0, -EINVAL, or
 * -ENODEV with the overflow slot.
 */
int faultcast_requested_slot(struct genl_info *info, struct nlattr *segment,
			     struct nlattr *bdf, struct nlattr *name, bool may_claim,
			     u32 *index);

#endif /* FAULTCAST_NL_CONFIG_H */
