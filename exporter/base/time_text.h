/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moments as users write them.  Pure: no locale, no time zone but the text's own. */
#ifndef FAULTCAST_BASE_TIME_TEXT_H
#define FAULTCAST_BASE_TIME_TEXT_H

#include <stdint.h>

/* For messages: what time_parse() reads. */
#define TIME_EXPECTED "2026-01-31T12:00:00Z, seconds since 1970, or how long ago: 90s, 15m, 24h, 7d"

/*
 * Reads a moment of CLOCK_REALTIME, in nanoseconds: RFC 3339, with a fraction
 * and any offset; Unix seconds, with a fraction or without; or a whole number of
 * s, m, h or d, meaning that long before @now_real_ns.  Digits of a fraction
 * beyond the ninth are dropped.  -EINVAL for anything else, and for what lies
 * before 1970 or beyond 64 bits of nanoseconds (2554); *@real_ns is unchanged then.
 */
int time_parse(const char *text, uint64_t now_real_ns, uint64_t *real_ns);

#endif
