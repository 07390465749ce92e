// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * badnl: sends malformed and forbidden requests to the kernel module's generic netlink
 * family, on a raw socket. It prints one line for each, which a scenario checks: NAME,
 * errno, "attr" if the kernel pointed at an attribute, and the kernel's message,
 * separated by tabs.
 *
 *   badnl HEAD+1        every malformed request; HEAD is that of STATUS_GET
 *   badnl unprivileged  well-formed requests, after giving up all privilege
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faultcast.h"

#define MAX_MESSAGE 4096
#define CMD_UNKNOWN 200

static int sock = -1;
static uint16_t family;
static uint32_t group, head_plus;

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[MAX_MESSAGE];
};

static struct request request;

static void die(const char *what)
{
	fprintf(stderr, "badnl: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void begin(uint16_t type, uint8_t cmd, int flags)
{
	static uint32_t seq;

	memset(&request, 0, sizeof(request));
	request.nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request.nlh.nlmsg_type = type;
	request.nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	request.nlh.nlmsg_seq = ++seq;
	request.genl.cmd = cmd;
	request.genl.version = 1;
}

/* @len is the length of @value, @claim the length that nla_len states. */
static void put_claiming(uint16_t type, const void *value, size_t len, uint16_t claim)
{
	struct nlattr *nla = (void *)((char *)&request + request.nlh.nlmsg_len);

	nla->nla_type = type;
	nla->nla_len = claim;
	memcpy((char *)nla + NLA_HDRLEN, value, len);
	request.nlh.nlmsg_len += NLA_ALIGN(NLA_HDRLEN + len);
}

static void put(uint16_t type, const void *value, size_t len)
{
	put_claiming(type, value, len, NLA_HDRLEN + len);
}

static void put_u32(uint16_t type, uint32_t value)
{
	put(type, &value, sizeof(value));
}

static void put_u64(uint16_t type, uint64_t value)
{
	put(type, &value, sizeof(value));
}

static struct nlattr *find(void *at, int len, int type)
{
	struct nlattr *nla = at;

	while (len >= NLA_HDRLEN && nla->nla_len >= NLA_HDRLEN && nla->nla_len <= len) {
		if ((nla->nla_type & NLA_TYPE_MASK) == type)
			return nla;
		len -= NLA_ALIGN(nla->nla_len);
		nla = (void *)((char *)nla + NLA_ALIGN(nla->nla_len));
	}
	return NULL;
}

static void *value_of(struct nlattr *nla)
{
	return (char *)nla + NLA_HDRLEN;
}

/* Prints the extended acknowledgement, which follows the error and perhaps the request. */
static void print_extack(struct nlmsghdr *nlh)
{
	struct nlmsgerr *e = NLMSG_DATA(nlh);
	int skip = NLMSG_HDRLEN + sizeof(*e);
	struct nlattr *msg, *offset;

	if (nlh->nlmsg_type == NLMSG_DONE)
		skip = NLMSG_HDRLEN + sizeof(int);
	else if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS)) {
		printf("\t-\t-\n");
		return;
	}
	skip = NLMSG_ALIGN(skip);
	msg = find((char *)nlh + skip, nlh->nlmsg_len - skip, NLMSGERR_ATTR_MSG);
	offset = find((char *)nlh + skip, nlh->nlmsg_len - skip, NLMSGERR_ATTR_OFFS);
	printf("\t%s\t%s\n", offset ? "attr" : "-", msg ? (char *)value_of(msg) : "-");
}

/* Sends the request and prints its outcome, which for a dump is its end. */
static void ask(const char *name)
{
	static char reply[65536];
	ssize_t len;

	if (send(sock, &request, request.nlh.nlmsg_len, 0) < 0)
		die("send");
	for (;;) {
		struct nlmsghdr *nlh = (void *)reply;

		len = recv(sock, reply, sizeof(reply), 0);
		if (len < 0)
			die(name);
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != request.nlh.nlmsg_seq)
				continue;
			if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
				continue;
			int err = -*(int *)NLMSG_DATA(nlh);

			printf("%s\t%s", name, err ? strerrorname_np(err) : "0");
			print_extack(nlh);
			return;
		}
	}
}

static void open_socket(void)
{
	const struct timeval patience = { .tv_sec = 5 };
	const int on = 1;

	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (sock < 0 || setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("socket");
}

static void resolve(void)
{
	static char reply[MAX_MESSAGE];
	struct nlmsghdr *nlh = (void *)reply;
	char *attrs = reply + NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr *id, *groups, *one;
	ssize_t len;

	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(CTRL_ATTR_FAMILY_NAME, FAULTCAST_GENL_NAME, sizeof(FAULTCAST_GENL_NAME));
	if (send(sock, &request, request.nlh.nlmsg_len, 0) < 0)
		die("send");
	len = recv(sock, reply, sizeof(reply), 0);
	if (len < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) || nlh->nlmsg_type != GENL_ID_CTRL)
		die("no family faultcast");
	len -= NLMSG_LENGTH(GENL_HDRLEN);
	id = find(attrs, len, CTRL_ATTR_FAMILY_ID);
	groups = find(attrs, len, CTRL_ATTR_MCAST_GROUPS);
	if (!id || !groups)
		die("the family has no id or no group");
	family = *(uint16_t *)value_of(id);
	one = value_of(groups);
	one = find(value_of(one), one->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID);
	group = *(uint32_t *)value_of(one);
}

static void begin_inject(void)
{
	begin(family, FAULTCAST_CMD_INJECT, NLM_F_ACK);
}

static void put_kind(void)
{
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT);
}

static void put_address(uint32_t segment, uint32_t bdf)
{
	put_u32(FAULTCAST_A_INJECT_SEGMENT, segment);
	put_u32(FAULTCAST_A_INJECT_BDF, bdf);
}

static void ask_commands(void)
{
	begin(family, FAULTCAST_CMD_EVENT_NTF, NLM_F_ACK);
	ask("command/notification");
	begin(family, FAULTCAST_CMD_UNSPEC, NLM_F_ACK);
	ask("command/0");
	begin(family, CMD_UNKNOWN, NLM_F_ACK);
	ask("command/unknown");
	begin(family, FAULTCAST_CMD_STATUS_GET, NLM_F_DUMP);
	ask("command/dump of a do");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_ACK);
	ask("command/do of a dump");
	begin(family, FAULTCAST_CMD_STATUS_GET, NLM_F_ACK);
	request.genl.reserved = 1;
	ask("header/reserved set");
}

/* Sends the same three faults in the attributes of a command. */
static void ask_attributes(const char *cmd_name, uint8_t cmd, int flags, uint16_t known)
{
	char name[64];

	begin(family, cmd, flags);
	put_u32(99, 1);
	snprintf(name, sizeof(name), "%s/unknown attribute", cmd_name);
	ask(name);

	begin(family, cmd, flags);
	put_u32(1, 1); /* _PAD and _UNSPEC: never valid in a request */
	snprintf(name, sizeof(name), "%s/attribute 1", cmd_name);
	ask(name);

	begin(family, cmd, flags);
	put_claiming(known, "\1\0\0", 4, 400);
	snprintf(name, sizeof(name), "%s/truncated attribute", cmd_name);
	ask(name);

	begin(family, cmd, flags);
	put(known, "\1\2", 2);
	snprintf(name, sizeof(name), "%s/two bytes", cmd_name);
	ask(name);

	begin(family, cmd, flags);
	memset(request.attrs, 0xff, 64);
	request.nlh.nlmsg_len += 64;
	snprintf(name, sizeof(name), "%s/garbage", cmd_name);
	ask(name);

	begin(family, cmd, flags);
	put(known | NLA_F_NESTED, "\x08\0\x05\x80\xff\xff\xff\xff", 8);
	snprintf(name, sizeof(name), "%s/nest instead of a number", cmd_name);
	ask(name);
}

static void ask_event_get(void)
{
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	put_u64(FAULTCAST_A_BATCH_FROM, 0);
	ask("event_get/from 0");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	put_u64(FAULTCAST_A_BATCH_FROM, head_plus + 1);
	ask("event_get/from head + 2");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	put_u64(FAULTCAST_A_BATCH_FROM, UINT64_MAX);
	ask("event_get/from far beyond");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	put_u64(FAULTCAST_A_BATCH_FROM, head_plus);
	ask("event_get/from head + 1");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	put_u32(FAULTCAST_A_BATCH_FROM, 1);
	ask("event_get/from of 32 bits");
}

static void ask_device_get(void)
{
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	ask("device_get/no device");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	put_u32(FAULTCAST_A_DEVICE_SEGMENT, 0);
	put_u32(FAULTCAST_A_DEVICE_BDF, 0x7f00);
	ask("device_get/device without a slot");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	put_u32(FAULTCAST_A_DEVICE_BDF, 0x20);
	ask("device_get/bdf without segment");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	put(FAULTCAST_A_DEVICE_NAME, "x", 2);
	ask("device_get/name without a bus");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	put_u32(FAULTCAST_A_DEVICE_SLOT, 0);
	ask("device_get/by slot");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP);
	put_u32(FAULTCAST_A_DEVICE_SEGMENT, 0);
	put_u32(FAULTCAST_A_DEVICE_BDF, 0x20);
	ask("device_get/dump of one device");
}

static void ask_inject(void)
{
	begin_inject();
	ask("inject/no kind");
	begin_inject();
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_UNSPEC);
	ask("inject/kind 0");
	begin_inject();
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_LINK);
	ask("inject/kind that cannot be");
	begin_inject();
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_INTERRUPT_REMAPPING);
	ask("inject/kind without attributes");
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_BDF, 0x20);
	ask("inject/bdf without segment");
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_SEGMENT, 0);
	ask("inject/segment without bdf");
	begin_inject();
	put_kind();
	put_address(0, 0x10000);
	ask("inject/bdf 65536");
	begin_inject();
	put_kind();
	put_address(0, UINT32_MAX);
	ask("inject/bdf of all ones");
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_ACCESS, FAULTCAST_ACCESS_MAX + 1);
	ask("inject/access 4");
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_ACCESS, UINT32_MAX);
	ask("inject/access of all ones");
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_IOVA, 0);
	ask("inject/iova of 32 bits");
	begin_inject();
	put(FAULTCAST_A_INJECT_KIND, "\1\0\0\0\0\0\0\0", 8);
	ask("inject/kind of 64 bits");
}

static void ask_inject_aer(void)
{
	begin_inject();
	put_kind();
	put_u32(FAULTCAST_A_INJECT_AER_STATUS, 1);
	ask("inject/fault with a status");
	begin_inject();
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_AER);
	put_u32(FAULTCAST_A_INJECT_ACCESS, FAULTCAST_ACCESS_READ);
	ask("inject/aer with an access");
	begin_inject();
	put_u32(FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_AER);
	put_u32(FAULTCAST_A_INJECT_AER_SEVERITY, FAULTCAST_SEVERITY_MAX + 1);
	ask("inject/severity 3");
}

/* Sends one name, in a request of its own. */
static void ask_name(const char *name, const char *label, size_t len)
{
	begin_inject();
	put_kind();
	put(FAULTCAST_A_INJECT_NAME, label, len);
	ask(name);
}

static void ask_names(void)
{
	char longest[FAULTCAST_NAME_LEN + 1] = "bus/";

	memset(longest + 4, 'x', sizeof(longest) - 5);
	longest[sizeof(longest) - 1] = '\0';
	ask_name("inject/name too long", longest, sizeof(longest));
	ask_name("inject/name without its end", "bus/x", 5);
	ask_name("inject/name without a bus", "x", 2);
	ask_name("inject/name of nobody", "bus/", 5);
	ask_name("inject/name with an empty bus", "/x", 3);
	begin_inject();
	put_kind();
	put_address(0, 0x20);
	put(FAULTCAST_A_INJECT_NAME, "bus/x", 6);
	ask("inject/name and address");
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	put(FAULTCAST_A_CONFIG_NAME, "x", 2);
	put_u32(FAULTCAST_A_CONFIG_RATE, 5);
	ask("config_set/name without a bus");
}

/* Sends one attribute with a value, in a request of its own. */
static void ask_config(const char *name, int attr, uint32_t value)
{
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	put_u32(attr, value);
	ask(name);
}

/* Sends half of a device's address. */
static void ask_config_of_half(const char *name, int attr)
{
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	put_u32(attr, 0x20);
	put_u32(FAULTCAST_A_CONFIG_RATE, 5);
	ask(name);
}

static void ask_configs(void)
{
	ask_config("config_set/rate over the largest", FAULTCAST_A_CONFIG_RATE,
		   FAULTCAST_RATE_MAX + 1);
	ask_config("config_set/host rate of all ones", FAULTCAST_A_CONFIG_HOST_RATE, UINT32_MAX);
	ask_config("config_set/burst 0", FAULTCAST_A_CONFIG_BURST, 0);
	ask_config("config_set/burst of all ones", FAULTCAST_A_CONFIG_BURST, UINT32_MAX);
	ask_config_of_half("config_set/bdf without segment", FAULTCAST_A_CONFIG_BDF);
	ask_config_of_half("config_set/segment without bdf", FAULTCAST_A_CONFIG_SEGMENT);
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	put_u32(FAULTCAST_A_CONFIG_SEGMENT, 0);
	put_u32(FAULTCAST_A_CONFIG_BDF, 0x20);
	put_u32(FAULTCAST_A_CONFIG_HOST_RATE, 5);
	ask("config_set/host rate of a device");
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	put(FAULTCAST_A_CONFIG_DEFAULT, "", 0);
	ask("config_set/default without a device");
}

static void ask_config_nothing(void)
{
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	ask("config_set/nothing");
}

static void ask_malformed(void)
{
	ask_commands();
	ask_attributes("status_get", FAULTCAST_CMD_STATUS_GET, NLM_F_ACK, 1);
	ask_attributes("device_get", FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP, 1);
	ask_attributes("event_get", FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP, FAULTCAST_A_BATCH_FROM);
	ask_attributes("inject", FAULTCAST_CMD_INJECT, NLM_F_ACK, FAULTCAST_A_INJECT_KIND);
	ask_attributes("config_set", FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK, FAULTCAST_A_CONFIG_RATE);
	ask_event_get();
	ask_device_get();
	ask_inject();
	ask_inject_aer();
	ask_names();
	ask_configs();
	ask_config_nothing();
}

static void ask_unprivileged(void)
{
	int err = 0;

	begin(family, FAULTCAST_CMD_STATUS_GET, NLM_F_ACK);
	ask("status_get");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP);
	ask("device_get");
	begin(family, FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);
	put_u32(FAULTCAST_A_DEVICE_SEGMENT, 0);
	put_u32(FAULTCAST_A_DEVICE_BDF, 0x20);
	ask("device_get of one");
	begin(family, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	ask("event_get");
	begin_inject();
	put_kind();
	ask("inject");
	begin(family, FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);
	ask("config_set");
	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		err = errno;
	printf("join\t%s\t-\t-\n", err ? strerrorname_np(err) : "0");
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "unprivileged")) {
		if (setgid(65534) || setuid(65534))
			die("setuid");
		open_socket();
		resolve();
		ask_unprivileged();
		return 0;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: badnl HEAD+1 | unprivileged\n");
		return 2;
	}
	head_plus = (uint32_t)strtoul(argv[1], NULL, 10);
	open_socket();
	resolve();
	ask_malformed();
	return 0;
}
