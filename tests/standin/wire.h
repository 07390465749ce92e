/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translates the exporter's model to the attributes of kmod/uapi/faultcast.h. The
 * attributes are in the same order as in kmod/nl/attrs.c. They have no padding, like
 * those of a kernel on x86 or arm64, which need not align 64-bit numbers.
 *
 * All functions return 0, or -1 if @msg has no more room. An event or a gap is then not
 * in the message, while a status or a device is there in part.
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
