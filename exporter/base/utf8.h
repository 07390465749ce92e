/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULTCAST_BASE_UTF8_H
#define FAULTCAST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the UTF-8 sequence at @s, 0 if it is none (RFC 3629). */
size_t utf8_len(const char *s);

/* The same, and sets @code to the code point, or to the first byte if there is no sequence. */
size_t utf8_read(const char *s, uint32_t *code);

/* False for characters that may control a terminal, or hide or reorder text on it. */
bool utf8_is_printable(uint32_t code);

/* Replaces each such character, and each byte that is not part of a character, by "?". */
void utf8_make_printable(char *s);

/*
 * Replaces each byte that is not part of such a sequence by "?".  Text from outside must be valid
 * UTF-8 before it is sent: one invalid byte in a label makes Prometheus reject the whole scrape,
 * and one in a protobuf string makes readers reject the message.
 */
void utf8_repair(char *s);

#endif
