/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading netlink attributes strictly; what the decoders share.  Pure. */
#ifndef FAULTCAST_NETLINK_ATTRS_H
#define FAULTCAST_NETLINK_ATTRS_H

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>

#include "model/address.h"
#include "model/identity.h"

/* libnl's policy of a number has the least length only. */
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
 * Sorts the attributes of a nest, or of a message, by type.  @policy has the
 * lengths; a type beyond @max is unknown.  Repeated ones are the caller's to walk.
 */
int attrs_parse(struct nlattr **tb, int max, struct nlattr *head, int len,
		const struct nla_policy *policy, uint64_t *unknown);

#define ATTRS_PARSE_NEST(tb, attr, policy, unknown)                                                \
	attrs_parse(tb, (int)(sizeof(tb) / sizeof((tb)[0])) - 1, nla_data(attr), nla_len(attr),    \
		    policy, unknown)

/* Absent is 0, or "". */
uint64_t attrs_get_u64(struct nlattr *attr);
uint32_t attrs_get_u32(struct nlattr *attr);
void attrs_get_string(struct nlattr *attr, char *out, size_t size);

/* PCI with @bdf, by name with @name, else unknown. */
void attrs_get_address(struct address *address, struct nlattr *segment, struct nlattr *bdf,
		       struct nlattr *name);

/* FAULTCAST_A_IDENTITY_*; with @nest NULL all 0.  0 or -EBADMSG. */
int attrs_get_identity(struct device_identity *id, struct nlattr *nest, uint64_t *unknown);

/* Whether there is a generic netlink header to look behind. */
bool attrs_are_family(struct nlmsghdr *nlh);

#endif
