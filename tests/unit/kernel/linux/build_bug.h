/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, whose static_assert() has an optional message. */
#ifndef STANDIN_LINUX_BUILD_BUG_H
#define STANDIN_LINUX_BUILD_BUG_H

#undef static_assert
#define static_assert(condition) _Static_assert(condition, #condition)

#endif
