// SPDX-License-Identifier: GPL-2.0-or-later
#include "family.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module.h"
#include "wire.h"

/* NLMSG_GOODSIZE of the kernel: the space in an skb, without struct skb_shared_info. */
#define SHARED_INFO 320
#define NOTIFICATION_MAX (4096 - SHARED_INFO)
/*
 * The size of a dump for a reader with a large buffer: netlink_recvmsg(),
 * net/netlink/af_netlink.c.
 */
#define DUMP_MAX (32768 - SHARED_INFO)
/* The size for a device with every error bit counted: device_get_start(), kmod/nl/genl.c. */
#define DEVICE_MAX (2 * NOTIFICATION_MAX)

/* Two of the 32 groups that NETLINK_USERSOCK has. */
enum { GROUP_NOTIFY = 1, GROUP_EVENTS = 2 };

#define DUMPS_MAX 64
#define REQUESTS_PER_TURN 64
#define DATAGRAMS_PER_TURN 64

struct dump {
	bool active;
	uint8_t cmd;
	uint32_t port;
	uint32_t seq;
	uint64_t next;
	uint64_t end; /* for events: the head when the dump began */
};

static int sock = -1;
static bool registered;
static uint16_t family_id = GENL_MIN_ID + 15;
static struct dump dumps[DUMPS_MAX];
static struct nl_msg *reply;

static struct {
	struct nl_msg *msg;
	unsigned int events;
	unsigned int max;
	uint64_t sent;
} batch;

int family_open(uint32_t *port)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
	if (sock < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(sock, (struct sockaddr *)&addr, &len))
		return -errno;
	*port = addr.nl_pid;
	reply = nlmsg_alloc_size(DUMP_MAX);
	batch.msg = nlmsg_alloc_size(NOTIFICATION_MAX);
	return reply && batch.msg ? 0 : -ENOMEM;
}

void family_close(void)
{
	nlmsg_free(reply);
	nlmsg_free(batch.msg);
	close(sock);
}

int family_fd(void)
{
	return sock;
}

bool family_is_registered(void)
{
	return registered;
}

/* Never blocks, because the kernel does not wait for readers either. */
static int send_to(uint32_t port, const void *datagram, size_t len)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = port };

	if (sendto(sock, datagram, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

/* The datagram also goes to port 0, where no socket exists. That is not an error. */
static void multicast(int group, struct nl_msg *msg)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 1U << (group - 1) };

	sendto(sock, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0, (struct sockaddr *)&to,
	       sizeof(to));
}

static struct nl_msg *emptied(struct nl_msg *msg)
{
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN;
	return msg;
}

static void send_reply(uint32_t port)
{
	send_to(port, nlmsg_hdr(reply), nlmsg_hdr(reply)->nlmsg_len);
}

/* Like netlink_ack() for a socket with NETLINK_CAP_ACK. */
static void acknowledge(uint32_t port, const struct nlmsghdr *request, int err)
{
	const struct nlmsgerr body = { .error = err, .msg = *request };

	nlmsg_put(emptied(reply), port, request->nlmsg_seq, NLMSG_ERROR, 0, NLM_F_CAPPED);
	nlmsg_append(reply, (void *)(uintptr_t)&body, sizeof(body), NLMSG_ALIGNTO);
	send_reply(port);
}

/* The controller, like ctrl_fill_info() of net/netlink/genetlink.c without operations. */

struct group {
	const char *family;
	const char *name;
	uint16_t family_id;
	uint8_t version;
	uint32_t id;
};

static void put_group(struct nl_msg *msg, const struct group *group)
{
	struct nlattr *groups = nla_nest_start(msg, CTRL_ATTR_MCAST_GROUPS);
	struct nlattr *first = nla_nest_start(msg, 1);

	nla_put_u32(msg, CTRL_ATTR_MCAST_GRP_ID, group->id);
	nla_put_string(msg, CTRL_ATTR_MCAST_GRP_NAME, group->name);
	nla_nest_end(msg, first);
	nla_nest_end(msg, groups);
}

static void fill_family(const struct group *group, uint8_t cmd, uint32_t port, uint32_t seq)
{
	struct nl_msg *msg = emptied(reply);

	genlmsg_put(msg, port, seq, GENL_ID_CTRL, 0, 0, cmd, 2);
	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, group->family);
	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, group->family_id);
	nla_put_u32(msg, CTRL_ATTR_VERSION, group->version);
	nla_put_u32(msg, CTRL_ATTR_HDRSIZE, 0);
	nla_put_u32(msg, CTRL_ATTR_MAXATTR, 0);
	put_group(msg, group);
}

static struct group faultcast_group(void)
{
	return (struct group){ .family = FAULTCAST_GENL_NAME,
			       .name = FAULTCAST_MCGRP_EVENTS,
			       .family_id = family_id,
			       .version = FAULTCAST_GENL_VERSION,
			       .id = GROUP_EVENTS };
}

static int controller_request(uint32_t port, struct nlmsghdr *nlh)
{
	static const struct group controller = { .family = "nlctrl",
						 .name = "notify",
						 .family_id = GENL_ID_CTRL,
						 .version = 2,
						 .id = GROUP_NOTIFY };
	const struct group faultcast = faultcast_group();
	struct nlattr *name = nlmsg_find_attr(nlh, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME);
	const struct genlmsghdr *hdr = nlmsg_data(nlh);

	if (hdr->cmd != CTRL_CMD_GETFAMILY)
		return -EOPNOTSUPP;
	if (!name)
		return -EINVAL;
	if (!nla_strcmp(name, controller.family))
		fill_family(&controller, CTRL_CMD_NEWFAMILY, port, nlh->nlmsg_seq);
	else if (registered && !nla_strcmp(name, faultcast.family))
		fill_family(&faultcast, CTRL_CMD_NEWFAMILY, port, nlh->nlmsg_seq);
	else
		return -ENOENT;
	send_reply(port);
	return 0;
}

void family_register(void)
{
	struct group group;

	/* The kernel allocates family numbers in turn, so that a number is not reused soon. */
	family_id = family_id < GENL_MAX_ID ? family_id + 1 : GENL_MIN_ID + 16;
	group = faultcast_group();
	registered = true;
	fill_family(&group, CTRL_CMD_NEWFAMILY, 0, 0);
	multicast(GROUP_NOTIFY, reply);
}

int family_unregister(void)
{
	const struct group group = faultcast_group();

	for (int i = 0; i < DUMPS_MAX; i++)
		if (dumps[i].active)
			return -EBUSY;
	family_flush();
	registered = false;
	fill_family(&group, CTRL_CMD_DELFAMILY, 0, 0);
	multicast(GROUP_NOTIFY, reply);
	return 0;
}

/* The family's requests */

static void begin(struct nl_msg *msg, uint32_t port, uint32_t seq, uint8_t cmd, int flags)
{
	genlmsg_put(emptied(msg), port, seq, family_id, 0, flags, cmd, FAULTCAST_GENL_VERSION);
}

static int start_dump(uint32_t port, struct nlmsghdr *nlh, uint8_t cmd)
{
	struct nlattr *from = nlmsg_find_attr(nlh, GENL_HDRLEN, FAULTCAST_A_BATCH_FROM);
	const struct module_status *status = module_status();
	struct dump *dump = dumps;

	while (dump < &dumps[DUMPS_MAX] && dump->active)
		dump++;
	if (dump == &dumps[DUMPS_MAX])
		return -EBUSY;
	*dump = (struct dump){ .active = true, .cmd = cmd, .port = port, .seq = nlh->nlmsg_seq };
	if (cmd == FAULTCAST_CMD_DEVICE_GET)
		module_churn();
	if (cmd == FAULTCAST_CMD_EVENT_GET) {
		dump->end = status->head;
		dump->next = from ? nla_get_u64(from) : status->tail ? status->tail : 1;
	}
	return 0;
}

/* Returns whether the request still needs an acknowledgment, or -errno. */
static int family_request(uint32_t port, struct nlmsghdr *nlh)
{
	const struct genlmsghdr *hdr = nlmsg_data(nlh);
	bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;

	if (hdr->cmd == FAULTCAST_CMD_STATUS_GET && !dump) {
		begin(reply, port, nlh->nlmsg_seq, hdr->cmd, 0);
		wire_status(reply, module_status());
		send_reply(port);
		return nlh->nlmsg_flags & NLM_F_ACK;
	}
	if ((hdr->cmd == FAULTCAST_CMD_DEVICE_GET || hdr->cmd == FAULTCAST_CMD_EVENT_GET) && dump)
		return start_dump(port, nlh, hdr->cmd);
	return -EOPNOTSUPP;
}

static void handle(uint32_t port, struct nlmsghdr *nlh)
{
	int ret;

	if (nlmsg_datalen(nlh) < (int)GENL_HDRLEN) {
		ret = -EINVAL;
	} else if (nlh->nlmsg_type == GENL_ID_CTRL) {
		ret = controller_request(port, nlh);
		if (!ret)
			ret = nlh->nlmsg_flags & NLM_F_ACK;
	} else if (registered && nlh->nlmsg_type == family_id) {
		ret = family_request(port, nlh);
	} else {
		ret = -ENOENT;
	}
	if (ret)
		acknowledge(port, nlh, ret < 0 ? ret : 0);
}

void family_serve(void)
{
	static char request[4096] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (int i = 0; i < REQUESTS_PER_TURN; i++) {
		struct sockaddr_nl from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(sock, request, sizeof(request), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &from_len);
		struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)request;
		int len = (int)n;

		if (n < 0)
			return;
		for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
			if (nlh->nlmsg_flags & NLM_F_REQUEST)
				handle(from.nl_pid, nlh);
	}
}

/* Dumps. If the reader has no room, the datagram is discarded and built again later. */

/* Puts event @dump->next, or first the gap before the oldest retained event. */
static int dump_one(struct nl_msg *msg, struct dump *dump)
{
	const struct fault_event *ev = module_read(dump->next);
	int err;

	if (ev->seq > dump->next) {
		uint64_t to = ev->seq - 1 < dump->end ? ev->seq - 1 : dump->end;

		err = wire_gap(msg, dump->next, to);
		if (!err)
			dump->next = to + 1;
		return err;
	}
	err = wire_event(msg, ev);
	if (!err)
		dump->next++;
	return err;
}

static size_t fill_events(struct dump *dump, char *out)
{
	uint32_t len;

	if (!dump->next || dump->next > dump->end)
		return 0;
	begin(reply, dump->port, dump->seq, dump->cmd, NLM_F_MULTI);
	nla_put_u64(reply, FAULTCAST_A_BATCH_INSTANCE, module_status()->instance);
	while (dump->next <= dump->end && !dump_one(reply, dump))
		;
	len = nlmsg_hdr(reply)->nlmsg_len;
	memcpy(out, nlmsg_hdr(reply), len);
	return len;
}

static size_t fill_devices(struct dump *dump, char *out)
{
	const struct device_counts *device;
	size_t len = 0;

	for (; len + DEVICE_MAX <= DUMP_MAX && (device = module_device((uint32_t)dump->next));
	     dump->next++) {
		if (!device->raised && !device->present)
			continue;
		begin(reply, dump->port, dump->seq, dump->cmd, NLM_F_MULTI);
		wire_device(reply, device);
		memcpy(out + len, nlmsg_hdr(reply), nlmsg_hdr(reply)->nlmsg_len);
		len += nlmsg_hdr(reply)->nlmsg_len;
	}
	return len;
}

/* Like netlink_dump_done() for a socket with NETLINK_EXT_ACK. */
static size_t fill_done(const struct dump *dump, char *out)
{
	bool refused = dump->cmd == FAULTCAST_CMD_EVENT_GET &&
		       (!dump->next || dump->next > dump->end + 1);
	int err = refused ? -EINVAL : 0;

	nlmsg_put(emptied(reply), dump->port, dump->seq, NLMSG_DONE, 0,
		  NLM_F_MULTI | (err ? NLM_F_ACK_TLVS : 0));
	nlmsg_append(reply, &err, sizeof(err), NLMSG_ALIGNTO);
	if (err)
		nla_put_string(reply, NLMSGERR_ATTR_MSG, "sequence number is 0 or beyond head + 1");
	memcpy(out, nlmsg_hdr(reply), nlmsg_hdr(reply)->nlmsg_len);
	return nlmsg_hdr(reply)->nlmsg_len;
}

/* Sends one more datagram. Returns whether the reader had room for it. */
static bool advance(struct dump *dump)
{
	static char out[DUMP_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct dump next = *dump;
	size_t len = next.cmd == FAULTCAST_CMD_EVENT_GET ? fill_events(&next, out)
							 : fill_devices(&next, out);
	int err;

	if (!len) {
		len = fill_done(&next, out);
		next.active = false;
	}
	err = send_to(dump->port, out, len);
	if (err == -EAGAIN)
		return false;
	*dump = next;
	/* The reader has closed its socket. */
	if (err)
		dump->active = false;
	return true;
}

bool family_dump(void)
{
	bool lagging = false;

	for (struct dump *dump = dumps; dump < &dumps[DUMPS_MAX]; dump++) {
		for (int i = 0; dump->active && i < DATAGRAMS_PER_TURN; i++)
			if (!advance(dump))
				break;
		lagging |= dump->active;
	}
	return lagging;
}

/* Notifications */

void family_set_batch(unsigned int events)
{
	batch.max = events;
}

void family_flush(void)
{
	if (!batch.events)
		return;
	multicast(GROUP_EVENTS, batch.msg);
	batch.events = 0;
	batch.sent++;
}

static void begin_batch(void)
{
	begin(batch.msg, 0, 0, FAULTCAST_CMD_EVENT_NTF, 0);
	nla_put_u64(batch.msg, FAULTCAST_A_BATCH_INSTANCE, module_status()->instance);
}

void family_notify(const struct fault_event *ev)
{
	if (!batch.events)
		begin_batch();
	if (wire_event(batch.msg, ev)) {
		family_flush();
		begin_batch();
		wire_event(batch.msg, ev);
	}
	if (++batch.events == batch.max)
		family_flush();
}

uint64_t family_sent(void)
{
	return batch.sent;
}
