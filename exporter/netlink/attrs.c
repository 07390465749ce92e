// SPDX-License-Identifier: GPL-2.0-or-later
#include "attrs.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "faultcast.h"

static const void *payload(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static bool is_valid(const struct nlattr *attr, const struct nla_policy *policy)
{
	static const uint8_t least[NLA_TYPE_MAX + 1] = {
		[NLA_U8] = 1, [NLA_U16] = 2, [NLA_U32] = 4, [NLA_U64] = 8, [NLA_STRING] = 1,
	};
	size_t len = attr->nla_len - (size_t)NLA_HDRLEN;

	if (len < (policy->minlen ? policy->minlen : least[policy->type]))
		return false;
	if (policy->maxlen && len > policy->maxlen)
		return false;
	return policy->type != NLA_STRING || !((const char *)payload(attr))[len - 1];
}

/*
 * The same as nla_parse(), which took half of the instructions for decoding an event: libnl is not
 * compiled together with this file, and makes several calls for each attribute.
 */
int attrs_parse(struct nlattr **tb, int max, struct nlattr *head, int len,
		const struct nla_policy *policy, uint64_t *unknown)
{
	struct nlattr *attr = head;

	memset(tb, 0, (size_t)(max + 1) * sizeof(*tb));
	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= len) {
		int type = attr->nla_type & NLA_TYPE_MASK;

		if (type > max)
			++*unknown;
		else if (is_valid(attr, &policy[type]))
			tb[type] = attr;
		else
			return -EBADMSG;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	}
	/* Bytes are left over if an attribute claims to be longer than the rest of the message. */
	return len ? -EBADMSG : 0;
}

uint64_t attrs_get_u64(struct nlattr *attr)
{
	uint64_t value = 0;

	/* The payload is aligned to 4 bytes only. */
	if (attr)
		memcpy(&value, payload(attr), sizeof(value));
	return value;
}

uint32_t attrs_get_u32(struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr)
		memcpy(&value, payload(attr), sizeof(value));
	return value;
}

void attrs_get_string(struct nlattr *attr, char *out, size_t size)
{
	*out = '\0';
	if (attr)
		nla_strlcpy(out, attr, size);
	utf8_make_printable(out);
}

void attrs_get_address(struct address *address, struct nlattr *segment, struct nlattr *bdf,
		       struct nlattr *name)
{
	struct address other;

	*address = (struct address){ .type = ADDRESS_UNKNOWN };
	if (bdf && attrs_get_u32(bdf) <= UINT16_MAX) {
		address->type = ADDRESS_PCI;
		address->segment = attrs_get_u32(segment);
		address->bdf = (uint16_t)attrs_get_u32(bdf);
	} else if (name && !bdf) {
		address->type = ADDRESS_NAME;
		attrs_get_string(name, address->name, sizeof(address->name));
		/* No name is printed like an address of another kind. */
		if (!strchr(address->name, '/') || !address_parse_pci(address->name, &other))
			*address = (struct address){ .type = ADDRESS_UNKNOWN };
	}
}

static struct nla_policy identity_policy[FAULTCAST_A_IDENTITY_MAX + 1] = {
	[FAULTCAST_A_IDENTITY_GENERATION] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_VENDOR] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_DEVICE] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_CLASS] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_REVISION] = NUMBER_32,
	[FAULTCAST_A_IDENTITY_DRIVER] = { .type = NLA_STRING },
	[FAULTCAST_A_IDENTITY_PHYS_SLOT] = { .type = NLA_STRING },
	[FAULTCAST_A_IDENTITY_SERIAL] = NUMBER_64,
};

int attrs_get_identity(struct device_identity *id, struct nlattr *nest, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_IDENTITY_MAX + 1];

	*id = (struct device_identity){ 0 };
	if (!nest)
		return 0;
	if (ATTRS_PARSE_NEST(tb, nest, identity_policy, unknown))
		return -EBADMSG;
	id->generation = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_GENERATION]);
	id->vendor_id = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_VENDOR]);
	id->device_id = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_DEVICE]);
	id->subsystem_vendor_id = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR]);
	id->subsystem_device_id = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE]);
	id->class_code = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_CLASS]);
	id->revision = attrs_get_u32(tb[FAULTCAST_A_IDENTITY_REVISION]);
	id->serial = attrs_get_u64(tb[FAULTCAST_A_IDENTITY_SERIAL]);
	attrs_get_string(tb[FAULTCAST_A_IDENTITY_DRIVER], id->driver, sizeof(id->driver));
	attrs_get_string(tb[FAULTCAST_A_IDENTITY_PHYS_SLOT], id->physical_slot,
			 sizeof(id->physical_slot));
	return 0;
}

bool attrs_are_family(struct nlmsghdr *nlh)
{
	return nlmsg_valid_hdr(nlh, GENL_HDRLEN);
}
