/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, and for what it brings, as kmod/storm.c needs it. */
#ifndef STANDIN_LINUX_KTIME_H
#define STANDIN_LINUX_KTIME_H

#include <linux/types.h>

#define NSEC_PER_SEC 1000000000L

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#endif
