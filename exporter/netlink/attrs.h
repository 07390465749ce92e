/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict parsing of netlink attributes, for the decoders.  Pure. */
#ifndef FAULTCAST_NETLINK_ATTRS_H
#define FAULTCAST_NETLINK_ATTRS_H

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>

#include "model/address.h"
#include "model/identity.h"

/* libnl's policies for numbers check the minimal length only; these check the exact length. */
#define NUMBER_64                                                                                  \
	{                                                                                          \
		.type = NLA_U64, .maxlen = 8                                                       \
	}
#define NUMBER_32                                                                                  \
	{                                                                                          \
		.type = NLA_U32, .maxlen = 4                                                       \
	}
#define NUMBER_8                                                                                   \
	{                                                                                          \
		.type = NLA_U8, .maxlen = 1                                                        \
	}

/*
 * Sorts the attributes of a nest or message by type into @tb, which has room for @max + 1.
 * @policy has the lengths.  A type above @max is ignored and added to *@unknown.  If an attribute
 * is repeated, @tb has the last one, and the caller walks the others itself.  Returns 0 or
 * -EBADMSG.
 */
int attrs_parse(struct nlattr **tb, int max, struct nlattr *head, int len,
		const struct nla_policy *policy, uint64_t *unknown);

/* attrs_parse() for the nest @attr and the array @tb. */
#define ATTRS_PARSE_NEST(tb, attr, policy, unknown)                                                \
	attrs_parse(tb, (int)(sizeof(tb) / sizeof((tb)[0])) - 1, nla_data(attr), nla_len(attr),    \
		    policy, unknown)

/* The value of @attr; 0 or "" if @attr is NULL, because the attribute is absent. */
uint64_t attrs_get_u64(struct nlattr *attr);
uint32_t attrs_get_u32(struct nlattr *attr);
void attrs_get_string(struct nlattr *attr, char *out, size_t size);

/* Sets @address: PCI if @bdf is present, a name if @name is present, else unknown. */
void attrs_get_address(struct address *address, struct nlattr *segment, struct nlattr *bdf,
		       struct nlattr *name);

/* Reads the nest of FAULTCAST_A_IDENTITY_*; NULL: @id becomes 0.  Returns 0 or -EBADMSG. */
int attrs_get_identity(struct device_identity *id, struct nlattr *nest, uint64_t *unknown);

/* True if @nlh is a message of a family, and is long enough for a generic netlink header. */
bool attrs_are_family(struct nlmsghdr *nlh);

#endif
