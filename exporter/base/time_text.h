/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses times as users write them.  Pure: independent of the locale and of the local time zone. */
#ifndef FAULTCAST_BASE_TIME_TEXT_H
#define FAULTCAST_BASE_TIME_TEXT_H

#include <stdint.h>

/* The expected text of time_parse(), for error messages. */
#define TIME_EXPECTED "2026-01-31T12:00:00Z, seconds since 1970, or how long ago: 90s, 15m, 24h, 7d"

/*
 * Reads a moment of CLOCK_REALTIME, in nanoseconds: RFC 3339, with a fraction and any offset; Unix
 * seconds, with a fraction or without; or a whole number of s, m, h or d, meaning that long before
 * @now_real_ns.  Digits of a fraction beyond the ninth are dropped.  Returns -EINVAL for any other
 * text, and for times before 1970 or beyond 64 bits of nanoseconds (2554); then *@real_ns is
 * unchanged.
 */
int time_parse(const char *text, uint64_t now_real_ns, uint64_t *real_ns);

#endif
