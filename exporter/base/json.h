/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protobuf JSON mapping for any message, by its protobuf-c descriptor. */
#ifndef FAULTCAST_BASE_JSON_H
#define FAULTCAST_BASE_JSON_H

#include <protobuf-c/protobuf-c.h>

#include "strbuf.h"

/*
 * Adds @msg as one JSON object on one line, without a newline.  lowerCamelCase
 * names, 64-bit numbers as strings, enums by name (by number when the name is
 * not known), bytes in base64.  Scalars without presence are always written.
 * See "ProtoJSON Format" in the protobuf documentation.
 */
void json_add_message(struct strbuf *sb, const ProtobufCMessage *msg);

#endif
