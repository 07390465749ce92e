/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes netlink messages, above all those of kmod/uapi/faultcast.h, to the model.  Pure. */
#ifndef FAULTCAST_NETLINK_DECODE_H
#define FAULTCAST_NETLINK_DECODE_H

#include <linux/netlink.h>
#include <stddef.h>

#include "model/counts.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/module.h"

/* The functions that decode_batch() calls, in the order of the message. */
struct batch_handler {
	void (*event)(void *ctx, const struct fault_event *ev);
	void (*gap)(void *ctx, uint64_t instance, const struct fault_gap *gap);
};

/*
 * Decode one message of the family, with its headers.  Return 0, -EBADMSG for a malformed message,
 * or for a batch -ENOMEM; on an error decode_batch() has called none of the functions.  Unknown
 * attributes and kinds are ignored and added to *@unknown.
 */
int decode_batch(struct nlmsghdr *nlh, const struct batch_handler *handler, void *ctx,
		 uint64_t *unknown);
int decode_device(struct nlmsghdr *nlh, struct device_counts *device, uint64_t *unknown);
int decode_status(struct nlmsghdr *nlh, struct module_status *status, uint64_t *unknown);

/*
 * Decodes the end of an answer.  Returns false if @nlh is neither NLMSG_DONE nor NLMSG_ERROR.
 * *@err becomes 0 or -errno, -EBADMSG for a malformed message.  @text, of @size bytes, becomes the
 * kernel's explanation (extended acknowledgement), or "".
 */
bool decode_end(struct nlmsghdr *nlh, int *err, char *text, size_t size);

/* How a message of the generic netlink controller changes the module's family. */
enum family_change { FAMILY_UNCHANGED, FAMILY_CAME, FAMILY_WENT };

/* Decodes a message of the controller; FAMILY_UNCHANGED for other families and messages. */
enum family_change decode_family_change(struct nlmsghdr *nlh);

#endif
