/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes the protobuf messages of the stream to the model; the inverse of encode.h.  Pure. */
#ifndef FAULTCAST_WIRE_DECODE_H
#define FAULTCAST_WIRE_DECODE_H

#include <sys/types.h>

#include "faultcast/v1/device.pb-c.h"
#include "faultcast/v1/stream.pb-c.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/entry.h"

/*
 * Reads a message that message_event(), message_gap() or message_health() made.  Returns 0, or
 * -EBADMSG for any other message; *@entry is undefined then.
 */
int message_read(const Faultcast__V1__StreamMessage *m, struct entry *entry);

/*
 * Reads a message that message_device() made, without its health and its AER errors.  Returns 0,
 * or -EBADMSG for any other message; *@counts is undefined then.
 */
int message_read_device(const Faultcast__V1__Device *m, struct device_counts *counts);

/* The inverse of address_format().  Returns 0, or -EBADMSG if @text is too long. */
int message_read_address(const char *text, struct address *address);

#define MESSAGE_READ_MAX (1 << 20) /* bytes of a message */

/*
 * Looks for a delimited message at the beginning of @bytes.  Returns its length with the prefix,
 * and sets *@start to the length of the prefix; 0: the message is not complete yet; -EBADMSG: it
 * is longer than MESSAGE_READ_MAX.
 */
ssize_t message_read_delimited(const uint8_t *bytes, size_t len, size_t *start);

#endif
