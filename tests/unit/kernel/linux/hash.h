/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, for kmod/probe/aer_pair.c. */
#ifndef STANDIN_LINUX_HASH_H
#define STANDIN_LINUX_HASH_H

#define hash_ptr(ptr, bits) ((unsigned long)(ptr) & ((1UL << (bits)) - 1))

#endif
