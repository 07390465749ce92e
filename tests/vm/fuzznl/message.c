// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Generates the messages of fuzznl: a valid message with mutations of its attributes,
 * headers and bytes.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "faultcast.h"
#include "message.h"

#define MAX_ATTRS 12
#define MAX_PAYLOAD 512

struct attr {
	uint16_t type;
	uint16_t claim; /* the length that nla_len states */
	uint16_t len;
	uint8_t payload[MAX_PAYLOAD];
};

struct message {
	uint8_t cmd;
	uint8_t version;
	uint16_t reserved;
	uint16_t type;
	uint16_t flags;
	unsigned int num_attrs;
	struct attr attrs[MAX_ATTRS];
};

static uint64_t random_state;

void fuzz_seed(uint64_t seed)
{
	random_state = seed;
}

/* splitmix64 by Steele and others, 2014. Any seed is good. */
static uint64_t random_u64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t fuzz_below(uint32_t limit)
{
	return (uint32_t)(random_u64() % limit);
}

bool fuzz_one_in(uint32_t n)
{
	return fuzz_below(n) == 0;
}

/* A small value, a limit, or any value. */
static uint64_t random_value(void)
{
	static const uint64_t edges[] = {
		0,
		1,
		2,
		FAULTCAST_KIND_MAX,
		FAULTCAST_RATE_MAX,
		0xff,
		0xffff,
		0x10000,
		INT32_MAX,
		UINT32_MAX,
		1ULL << 32,
		INT64_MAX,
		UINT64_MAX,
		FAULTCAST_RATE_MAX + 1,
	};

	if (fuzz_one_in(3))
		return edges[fuzz_below(sizeof(edges) / sizeof(*edges))];
	return fuzz_one_in(3) ? random_u64() : fuzz_below(600);
}

static struct attr *add_attr(struct message *msg, uint16_t type, const void *value, uint16_t len)
{
	struct attr *attr = &msg->attrs[msg->num_attrs % MAX_ATTRS];

	if (msg->num_attrs < MAX_ATTRS)
		msg->num_attrs++;
	attr->type = type;
	attr->len = len;
	attr->claim = NLA_HDRLEN + len;
	memcpy(attr->payload, value, len);
	return attr;
}

static void add_u32(struct message *msg, uint16_t type, uint32_t value)
{
	add_attr(msg, type, &value, sizeof(value));
}

static void add_u64(struct message *msg, uint16_t type, uint64_t value)
{
	add_attr(msg, type, &value, sizeof(value));
}

/*
 * Chooses among few devices, so that limits and events concern the same ones, but more
 * than there are slots.
 */
static void add_device(struct message *msg, uint16_t segment, uint16_t bdf, uint16_t name)
{
	static const char *const names[] = {
		"unknown", "0000:00:04.0", "platform/iommu.0", "ffffffff:ff:1f.7", "none/x",
	};
	const char *label = names[fuzz_below(sizeof(names) / sizeof(*names))];

	if (fuzz_one_in(3)) {
		add_attr(msg, name, label, strlen(label) + 1);
		return;
	}
	add_u32(msg, segment, fuzz_below(4));
	add_u32(msg, bdf, fuzz_below(64));
}

static void fill_config_set(struct message *msg)
{
	bool device = fuzz_one_in(2);

	if (device)
		add_device(msg, FAULTCAST_A_CONFIG_SEGMENT, FAULTCAST_A_CONFIG_BDF,
			   FAULTCAST_A_CONFIG_NAME);
	if (device && fuzz_one_in(3))
		add_attr(msg, FAULTCAST_A_CONFIG_DEFAULT, "", 0);
	if (fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_CONFIG_RATE, fuzz_below(FAULTCAST_RATE_MAX + 1));
	if (fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_CONFIG_BURST, 1 + fuzz_below(16));
	if (!device && fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_CONFIG_HOST_RATE, fuzz_below(FAULTCAST_RATE_MAX + 1));
}

static void fill_inject(struct message *msg)
{
	bool aer = fuzz_one_in(3);

	add_u32(msg, FAULTCAST_A_INJECT_KIND,
		aer ? FAULTCAST_KIND_AER : FAULTCAST_KIND_IO_PAGE_FAULT);
	if (fuzz_one_in(2))
		add_device(msg, FAULTCAST_A_INJECT_SEGMENT, FAULTCAST_A_INJECT_BDF,
			   FAULTCAST_A_INJECT_NAME);
	if (aer && fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_INJECT_AER_SEVERITY,
			fuzz_below(FAULTCAST_SEVERITY_MAX + 1));
	if (aer && fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_INJECT_AER_STATUS, (uint32_t)random_u64());
	if (!aer && fuzz_one_in(2))
		add_u32(msg, FAULTCAST_A_INJECT_ACCESS, fuzz_below(FAULTCAST_ACCESS_MAX + 1));
	if (!aer && fuzz_one_in(2))
		add_u64(msg, FAULTCAST_A_INJECT_IOVA, random_u64());
}

static void make_valid(struct message *msg, uint16_t family)
{
	static const uint8_t commands[] = {
		FAULTCAST_CMD_STATUS_GET, FAULTCAST_CMD_DEVICE_GET, FAULTCAST_CMD_EVENT_GET,
		FAULTCAST_CMD_CONFIG_SET, FAULTCAST_CMD_CONFIG_SET, FAULTCAST_CMD_INJECT,
		FAULTCAST_CMD_INJECT,	  FAULTCAST_CMD_INJECT,
	};

	memset(msg, 0, sizeof(*msg));
	msg->cmd = commands[fuzz_below(sizeof(commands))];
	msg->version = FAULTCAST_GENL_VERSION;
	msg->type = family;
	msg->flags = NLM_F_REQUEST | NLM_F_ACK;
	switch (msg->cmd) {
	case FAULTCAST_CMD_EVENT_GET:
		if (fuzz_one_in(2))
			add_u64(msg, FAULTCAST_A_BATCH_FROM, random_value());
		msg->flags |= NLM_F_DUMP;
		break;
	case FAULTCAST_CMD_DEVICE_GET:
		if (fuzz_one_in(2))
			add_device(msg, FAULTCAST_A_DEVICE_SEGMENT, FAULTCAST_A_DEVICE_BDF,
				   FAULTCAST_A_DEVICE_NAME);
		else
			msg->flags |= NLM_F_DUMP;
		break;
	case FAULTCAST_CMD_CONFIG_SET:
		fill_config_set(msg);
		break;
	case FAULTCAST_CMD_INJECT:
		fill_inject(msg);
		break;
	}
}

static void random_bytes(uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)random_u64();
}

/* Nests within nests. Each one except the innermost holds a single attribute. */
static void nest(struct attr *attr)
{
	uint16_t depth = 1 + fuzz_below(24), at = 0;

	attr->len = depth * NLA_HDRLEN + 4;
	attr->claim = NLA_HDRLEN + attr->len;
	attr->type |= NLA_F_NESTED;
	for (; depth; depth--, at += NLA_HDRLEN) {
		struct nlattr inner = {
			.nla_len = attr->len - at,
			.nla_type = fuzz_below(12) | (fuzz_one_in(2) ? NLA_F_NESTED : 0),
		};

		memcpy(attr->payload + at, &inner, sizeof(inner));
	}
	random_bytes(attr->payload + at, 4);
}

static void add_random_attr(struct message *msg)
{
	uint8_t payload[64];

	random_bytes(payload, sizeof(payload));
	add_attr(msg, fuzz_one_in(8) ? (uint16_t)random_u64() : fuzz_below(12), payload,
		 fuzz_below(sizeof(payload)));
}

static void mutate_attr(struct message *msg, struct attr *attr)
{
	uint64_t value = random_value();

	switch (fuzz_below(8)) {
	case 0:
		attr->type = fuzz_one_in(4) ? (uint16_t)random_u64() : fuzz_below(12);
		break;
	case 1:
		attr->type |= fuzz_one_in(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
		break;
	case 2: /* too short, or longer than the rest of the message */
		attr->claim = fuzz_one_in(2) ? fuzz_below(12) : (uint16_t)random_u64();
		break;
	case 3:
		attr->len = fuzz_below(fuzz_one_in(4) ? MAX_PAYLOAD : 17);
		attr->claim = NLA_HDRLEN + attr->len;
		random_bytes(attr->payload, attr->len);
		break;
	case 4:
		nest(attr);
		break;
	case 5:
		if (msg->num_attrs < MAX_ATTRS)
			msg->attrs[msg->num_attrs++] = *attr;
		break;
	case 6:
		*attr = msg->attrs[--msg->num_attrs];
		break;
	case 7:
		memcpy(attr->payload, &value, sizeof(value));
		break;
	}
}

static void mutate_header(struct message *msg)
{
	/* No type of another family, whose requests might change something. */
	static const uint16_t types[] = { NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN,
					  0x3ff };

	switch (fuzz_below(5)) {
	case 0:
		msg->cmd = fuzz_one_in(4) ? (uint8_t)random_u64()
					  : fuzz_below(FAULTCAST_CMD_MAX + 2);
		break;
	case 1:
		msg->version = (uint8_t)random_u64();
		break;
	case 2:
		msg->reserved = (uint16_t)random_u64();
		break;
	case 3:
		msg->flags = (uint16_t)random_u64();
		break;
	case 4:
		msg->type = types[fuzz_below(sizeof(types) / sizeof(*types))];
		break;
	}
}

static void mutate(struct message *msg)
{
	for (unsigned int n = 1 + fuzz_below(3); n; n--) {
		if (fuzz_one_in(6))
			mutate_header(msg);
		else if (!msg->num_attrs || fuzz_one_in(5))
			add_random_attr(msg);
		else
			mutate_attr(msg, &msg->attrs[fuzz_below(msg->num_attrs)]);
	}
}

/* Mutates bytes behind the headers, and the length. Returns the remaining length. */
static size_t mutate_bytes(uint8_t *at, size_t len, bool last)
{
	struct nlmsghdr *nlh = (void *)at;
	size_t headers = NLMSG_LENGTH(GENL_HDRLEN), body = len - headers;

	for (unsigned int n = body ? fuzz_below(4) : 0; n; n--)
		at[headers + fuzz_below(body)] = (uint8_t)random_u64();
	/*
	 * With a wrong length, later messages would not be found. Only the last message
	 * may have one.
	 */
	if (last && fuzz_one_in(2)) {
		nlh->nlmsg_len = fuzz_one_in(4) ? (uint32_t)random_value() : fuzz_below(len + 16);
	} else if (last && fuzz_one_in(2)) {
		len -= fuzz_below(len - NLMSG_HDRLEN);
		nlh->nlmsg_len = len;
	}
	return len;
}

static size_t append(uint8_t *to, size_t at, const void *bytes, size_t len)
{
	memcpy(to + at, bytes, len);
	return at + len;
}

static size_t serialize(const struct message *msg, uint32_t seq, uint8_t *to)
{
	struct nlmsghdr header = {
		.nlmsg_type = msg->type,
		.nlmsg_flags = msg->flags,
		.nlmsg_seq = seq,
	};
	struct genlmsghdr genl = {
		.cmd = msg->cmd,
		.version = msg->version,
		.reserved = msg->reserved,
	};
	size_t at = append(to, append(to, 0, &header, sizeof(header)), &genl, sizeof(genl));

	for (unsigned int i = 0; i < msg->num_attrs; i++) {
		const struct attr *attr = &msg->attrs[i];
		struct nlattr nla = { .nla_len = attr->claim, .nla_type = attr->type };

		at = append(to, at, &nla, sizeof(nla));
		at = append(to, at, attr->payload, attr->len);
		at = append(to, at, "\0\0\0", NLA_ALIGN(attr->len) - attr->len);
	}
	((struct nlmsghdr *)to)->nlmsg_len = at;
	return at;
}

size_t fuzz_message(uint16_t family, uint32_t seq, bool last, uint8_t *to, uint8_t *cmd)
{
	static struct message msg;
	bool mutated = !fuzz_one_in(3);
	size_t len;

	make_valid(&msg, family);
	if (mutated)
		mutate(&msg);
	*cmd = msg.type == family && msg.flags & NLM_F_REQUEST ? msg.cmd : FUZZ_NO_COMMAND;
	len = serialize(&msg, seq, to);
	return mutated && fuzz_one_in(4) ? mutate_bytes(to, len, last) : len;
}
