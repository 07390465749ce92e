/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the protobuf messages of the stream back to the model: what message.h wrote.  Pure. */
#ifndef FAULTCAST_WIRE_DECODE_H
#define FAULTCAST_WIRE_DECODE_H

#include <sys/types.h>

#include "faultcast/v1/stream.pb-c.h"
#include "model/address.h"
#include "model/entry.h"

/*
 * Reads what message_event(), message_gap() or message_health() made.  -EBADMSG for
 * what they do not make; *@entry is undefined then.
 */
int message_read(const Faultcast__V1__StreamMessage *m, struct entry *entry);

/* The inverse of address_format(); -EBADMSG for what fits no address. */
int message_read_address(const char *text, struct address *address);

/*
 * The framing of a stream: looks for a whole message at the beginning of @bytes.  Returns
 * the length of the message with its prefix, and puts where it begins into
 * *@start; 0 if some of it is yet to come; -EBADMSG when it is longer than MESSAGE_READ_MAX.
 */
#define MESSAGE_READ_MAX (1 << 20)
ssize_t message_read_delimited(const uint8_t *bytes, size_t len, size_t *start);

#endif
