/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the kernel module.  Each function that fails has printed the reason. */
#ifndef FAULTCAST_CTL_MODULE_H
#define FAULTCAST_CTL_MODULE_H

#include <stdint.h>

#include "model/address.h"
#include "netlink/genl.h"

/*
 * Sends the command @cmd without attributes and waits for the whole answer.  @decode is called for
 * each message of it and returns 0 or -EBADMSG.  @flags are netlink flags, such as NLM_F_DUMP.
 * Returns 0 or -errno.
 */
int module_ask(uint8_t cmd, int flags, int (*decode)(struct nlmsghdr *nlh));

/* Like module_ask(), but prints nothing if the module refuses for want of a capability (-EPERM). */
int module_ask_if_permitted(uint8_t cmd, int flags, int (*decode)(struct nlmsghdr *nlh));

/*
 * Sends the command @cmd and waits for its acknowledgement.  @fill adds the attributes and returns
 * 0, or nonzero if the message has no room for them.  Returns 0 or -errno.
 */
int module_tell(uint8_t cmd, int (*fill)(struct nl_msg *msg));

/* Reads @text, the value of --device.  Returns 0 or -EINVAL. */
int module_parse_device(const char *text, struct address *address);

/*
 * Adds the attributes of a device: segment and bdf for PCI, a name otherwise.  Prints nothing.
 * Returns nonzero if the message has no room for them.
 */
int module_put_device(struct nl_msg *msg, const struct address *address, int segment_attr,
		      int bdf_attr, int name_attr);

#endif
