/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions, 6.1 onwards.  They live here alone. */
#ifndef FAULTCAST_COMPAT_H
#define FAULTCAST_COMPAT_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include <net/genetlink.h>

/*
 * 6.1 has FTRACE_WITH_ARGS on x86 but no accessor yet.  ftrace_get_regs() is
 * none: it is NULL unless all registers were saved, and the arguments always are.
 */
#ifndef ftrace_regs_get_argument
#define ftrace_regs_get_argument(fregs, n) regs_get_kernel_argument(&(fregs)->regs, n)
#endif

/* Before 6.8 a group cannot ask for a capability: then any process may join. */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define FAULTCAST_MCAST_FLAGS	GENL_MCAST_CAP_NET_ADMIN
#else
#define FAULTCAST_MCAST_FLAGS	0
#endif

#endif /* FAULTCAST_COMPAT_H */
