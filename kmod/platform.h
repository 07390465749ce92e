/* SPDX-License-Identifier: GPL-2.0-only */
/* Refuses machines for which faultcast is not written.  Needs no other header. */
#ifndef FAULTCAST_PLATFORM_H
#define FAULTCAST_PLATFORM_H

#if __SIZEOF_POINTER__ != 8
#error "faultcast counts in 64-bit atomics, so it is for 64-bit kernels only"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "faultcast reads records of hardware, so it is for little-endian kernels only"
#endif

#endif /* FAULTCAST_PLATFORM_H */
