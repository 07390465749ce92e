/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the attributes of kmod/uapi/faultcast.h to the model.  Pure. */
#ifndef FAULTCAST_DECODE_H
#define FAULTCAST_DECODE_H

#include <linux/netlink.h>

#include "event.h"

/* What decode_batch() calls, in the order of the message. */
struct batch_handler {
	void (*event)(void *ctx, const struct fault_event *ev);
	void (*gap)(void *ctx, uint64_t instance, const struct fault_gap *gap);
};

/*
 * Decode one message of the family, with its headers.  0, -EBADMSG when it is
 * malformed, or for a batch -ENOMEM: then nothing of it was handed on.  Attributes and kinds that
 * we do not know are passed over and added to *@unknown.
 */
int decode_batch(struct nlmsghdr *nlh, const struct batch_handler *handler, void *ctx,
		 uint64_t *unknown);
int decode_device(struct nlmsghdr *nlh, struct device_counts *device, uint64_t *unknown);
int decode_status(struct nlmsghdr *nlh, struct module_status *status, uint64_t *unknown);

#endif
