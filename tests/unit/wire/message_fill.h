/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills a message with values, for tests/unit/wire/message_read.c. Include it after cmocka. */
#ifndef FAULTCAST_WIRE_MESSAGE_FILL_H
#define FAULTCAST_WIRE_MESSAGE_FILL_H

#include "wire/encode.h"

#define INSTANCE 0xfedcba9876543210

/*
 * Gives every number in @m a different value. The test then finds fields of the message
 * that message_read() ignores.
 */
static void fill(ProtobufCMessage *m, uint32_t *value)
{
	for (unsigned int i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &m->descriptor->fields[i];
		void *at = (char *)m + field->offset;

		switch (field->type) {
		case PROTOBUF_C_TYPE_UINT32:
			*(uint32_t *)at = ++*value;
			break;
		case PROTOBUF_C_TYPE_UINT64:
		case PROTOBUF_C_TYPE_FIXED64:
			*(uint64_t *)at = (uint64_t)++ * value << 33;
			break;
		case PROTOBUF_C_TYPE_BOOL:
			*(protobuf_c_boolean *)at = true;
			break;
		case PROTOBUF_C_TYPE_ENUM:
			*(int *)at = 1;
			break;
		case PROTOBUF_C_TYPE_STRING:
			*(const char **)at = "text";
			break;
		case PROTOBUF_C_TYPE_MESSAGE:
			if (*(void **)at && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
				fill(*(void **)at, value);
			break;
		default:
			fail_msg("%s: no value for its type", field->name);
		}
	}
}

/* Makes the fields agree with each other, as message_event() does. */
static void make_consistent(struct stream_message *m, uint32_t kind, ProtobufCMessage *detail)
{
	static char reason_name[] = "unknown";
	static char reason_text[] = "A reason that faultcast does not know.";
	static char iommu[] = "dmar1";
	static char name[] = "0001:02:03.4", cursor[] = "fedcba9876543210.7.0";
	uint32_t value = 1000;

	if (detail)
		fill(detail, &value);
	/* These follow from the code; this code has no row. */
	m->reason.name = reason_name;
	m->reason.text = reason_text;
	m->msg.cursor = cursor;
	m->event.instance = INSTANCE;
	m->event.seq = 7;
	m->event.kind = kind;
	m->device.msg.name = name;
	m->device.pci.segment = 1;
	m->device.pci.bus = 2;
	m->device.pci.device = 3;
	m->device.pci.function = 4;
	m->related.msg.name = name;
	m->related.pci = m->device.pci;
	m->iommu.name = iommu;
}

#endif
