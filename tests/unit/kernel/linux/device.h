/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header: kmod/core/event.h needs only incomplete types. */
#ifndef STANDIN_LINUX_DEVICE_H
#define STANDIN_LINUX_DEVICE_H

struct device;
struct tracepoint;

#endif
