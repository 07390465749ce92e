/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the exporter's model to the attributes of kmod/uapi/faultcast.h, each in
 * the place where kmod/nl/attrs.c puts it: what the decoders undo.  Unpadded, as a
 * kernel that need not align 64-bit numbers (x86, arm64) sends them.
 *
 * All return 0, or -1 when @msg has no more room; an event or a gap is then not
 * in it, a status or a device is there in part.
 */
#ifndef FAULTCAST_STANDIN_WIRE_H
#define FAULTCAST_STANDIN_WIRE_H

#include <netlink/msg.h>

#include "model/counts.h"
#include "model/event.h"
#include "model/module.h"

int wire_event(struct nl_msg *msg, const struct fault_event *ev);
int wire_gap(struct nl_msg *msg, uint64_t from, uint64_t to);
int wire_status(struct nl_msg *msg, const struct module_status *status);
int wire_device(struct nl_msg *msg, const struct device_counts *device);

#endif
