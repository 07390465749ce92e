/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuses machines for which faultcast is not written. Needs no other header. */
#ifndef FAULTCAST_PLATFORM_H
#define FAULTCAST_PLATFORM_H

#if __SIZEOF_POINTER__ != 8
#error "faultcast is for 64-bit machines only, as its kernel module is"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "faultcast is for little-endian machines only, as its kernel module is"
#endif

#endif
