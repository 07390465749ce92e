/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, with the parts that kmod/probe/vtd_decode.c needs. */
#ifndef STANDIN_LINUX_BITS_H
#define STANDIN_LINUX_BITS_H

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))

#endif
