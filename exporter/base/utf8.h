/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULTCAST_BASE_UTF8_H
#define FAULTCAST_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 sequence at @s, 0 if it is none (RFC 3629). */
size_t utf8_len(const char *s);

/*
 * Replaces each byte that is not part of such a sequence by "?".  Text from outside must be valid
 * UTF-8 before it is sent: one invalid byte in a label makes Prometheus reject the whole scrape,
 * and one in a protobuf string makes readers reject the message.
 */
void utf8_repair(char *s);

#endif
