/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header and for its own includes, for kmod/core/storm.c. */
#ifndef STANDIN_LINUX_KTIME_H
#define STANDIN_LINUX_KTIME_H

#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L

#endif
