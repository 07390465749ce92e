/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes what only one kind of event has. Pure. */
#ifndef FAULTCAST_WIRE_ENCODE_DETAIL_H
#define FAULTCAST_WIRE_ENCODE_DETAIL_H

#include "encode.h"

/* Adds the detail of @ev to the message's event; nothing for a kind without a detail. */
void message_detail(struct stream_message *m, const struct fault_event *ev);

/* The message's severity for @severity, an enum faultcast_severity. */
Faultcast__V1__Severity message_severity(uint32_t severity);

#endif
