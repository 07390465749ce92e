// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* lowerCamelCase, with the colon. */
static void add_name(struct strbuf *sb, const char *name)
{
	size_t len = strlen(name) + 3;
	char *out;

	if (!strbuf_reserve(sb, len))
		return;
	out = sb->s + sb->len;
	*out++ = '"';
	for (; *name; name++) {
		if (*name == '_' && name[1])
			*out++ = (char)toupper((unsigned char)*++name);
		else
			*out++ = *name;
	}
	*out++ = '"';
	*out++ = ':';
	*out = '\0';
	sb->len = (size_t)(out - sb->s);
}

static void add_bytes(struct strbuf *sb, const ProtobufCBinaryData *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	strbuf_addc(sb, '"');
	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		uint32_t v = (uint32_t)bytes->data[i] << 16;

		if (left > 1)
			v |= (uint32_t)bytes->data[i + 1] << 8;
		if (left > 2)
			v |= bytes->data[i + 2];
		strbuf_addc(sb, digits[v >> 18]);
		strbuf_addc(sb, digits[v >> 12 & 63]);
		strbuf_addc(sb, left > 1 ? digits[v >> 6 & 63] : '=');
		strbuf_addc(sb, left > 2 ? digits[v & 63] : '=');
	}
	strbuf_addc(sb, '"');
}

static void add_enum(struct strbuf *sb, const ProtobufCEnumDescriptor *descriptor, int value)
{
	const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(descriptor, value);

	if (known)
		strbuf_add_json_string(sb, known->name);
	else
		strbuf_addf(sb, "%d", value);
}

static void add_double(struct strbuf *sb, double value, int digits)
{
	if (isnan(value))
		strbuf_adds(sb, "\"NaN\"");
	else if (isinf(value))
		strbuf_adds(sb, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		strbuf_addf(sb, "%.*g", digits, value);
}

static void add_value(struct strbuf *sb, const ProtobufCFieldDescriptor *field, const void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		strbuf_addf(sb, "%" PRId32, *(const int32_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		strbuf_add_u64(sb, *(const uint32_t *)at);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		strbuf_addf(sb, "\"%" PRId64 "\"", *(const int64_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		strbuf_addc(sb, '"');
		strbuf_add_u64(sb, *(const uint64_t *)at);
		strbuf_addc(sb, '"');
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		add_double(sb, (double)*(const float *)at, 9);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		add_double(sb, *(const double *)at, 17);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		strbuf_adds(sb, *(const protobuf_c_boolean *)at ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_ENUM:
		add_enum(sb, field->descriptor, *(const int *)at);
		break;
	case PROTOBUF_C_TYPE_STRING:
		strbuf_add_json_string(sb, *(char *const *)at ? *(char *const *)at : "");
		break;
	case PROTOBUF_C_TYPE_BYTES:
		add_bytes(sb, at);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		json_add_message(sb, *(ProtobufCMessage *const *)at);
		break;
	}
}

static size_t element_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

static void add_list(struct strbuf *sb, const ProtobufCFieldDescriptor *field, const char *base)
{
	size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
	const char *list = *(char *const *)(const void *)(base + field->offset);

	strbuf_addc(sb, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_addc(sb, ',');
		add_value(sb, field, list + i * element_size(field->type));
	}
	strbuf_addc(sb, ']');
}

static bool is_set(const ProtobufCFieldDescriptor *field, const char *base)
{
	const void *quantifier = base + field->quantifier_offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *)quantifier;
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)quantifier == field->id;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(ProtobufCMessage *const *)(const void *)(base + field->offset);
	return true;
}

void json_add_message(struct strbuf *sb, const ProtobufCMessage *msg)
{
	const char *base = (const char *)msg;
	bool first = true;

	strbuf_addc(sb, '{');
	for (unsigned int i = 0; i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];

		if (!is_set(field, base))
			continue;
		if (!first)
			strbuf_addc(sb, ',');
		first = false;
		add_name(sb, field->name);
		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			add_list(sb, field, base);
		else
			add_value(sb, field, base + field->offset);
	}
	strbuf_addc(sb, '}');
}
