/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From netlink messages, those of kmod/uapi/faultcast.h above all, to the model.  Pure. */
#ifndef FAULTCAST_NETLINK_DECODE_H
#define FAULTCAST_NETLINK_DECODE_H

#include <linux/netlink.h>
#include <stddef.h>

#include "model/counts.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/module.h"

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

/*
 * The end of an answer: false when @nlh is none, neither NLMSG_DONE nor NLMSG_ERROR.
 * *@err is 0 or -errno, -EBADMSG when it is malformed; @text what the kernel said
 * beside it, or "".
 */
bool decode_end(struct nlmsghdr *nlh, int *err, char *text, size_t size);

/* What a message of generic netlink's controller says of the module's family. */
enum family_change { FAMILY_UNCHANGED, FAMILY_CAME, FAMILY_WENT };

enum family_change decode_family_change(struct nlmsghdr *nlh);

#endif
