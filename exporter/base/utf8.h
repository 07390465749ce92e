/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULTCAST_BASE_UTF8_H
#define FAULTCAST_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 sequence at @s, 0 if it is none (RFC 3629). */
size_t utf8_len(const char *s);

/*
 * Puts a "?" in the place of each byte that is of no such sequence.  Text that comes from outside
 * has to be UTF-8 before it is handed on: for one byte in one label Prometheus throws all of a
 * scrape away, and so do readers of a protobuf string with the message.
 */
void utf8_repair(char *s);

#endif
