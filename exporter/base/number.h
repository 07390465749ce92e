/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict parsing of numbers that are part of a longer text. Pure. */
#ifndef FAULTCAST_BASE_NUMBER_H
#define FAULTCAST_BASE_NUMBER_H

#include <stdint.h>

/*
 * Parses the digits of @base (10 or 16) at the start of @text: no sign, no space, no "0x" and
 * no overflow. Returns the text behind the number, or NULL when there is no number or it is
 * larger than @max.
 */
const char *number_parse(const char *text, int base, uint64_t max, uint64_t *value);

#endif
