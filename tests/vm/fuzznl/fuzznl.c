// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzznl: sends random and mutated messages to the kernel module's generic netlink family
 * and counts the answers. Three senders run at once: root, nobody, and nobody in a user
 * namespace.
 *
 *   fuzznl SEED COUNT	COUNT messages in all; SEED alone determines what each sender sends
 *
 * A datagram holds one to eight messages. Dumps are read to their end, or the socket is
 * closed in the middle. Prints lines of SENDER COMMAND OUTCOME NUMBER. OUTCOME is an
 * errno, "0", or "none" if there was no answer or it was not read.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultcast.h"
#include "message.h"

#define NOBODY 65534
#define MAX_BATCH 8
#define MAX_DATAGRAM 65536
#define MAX_ERRNO 134
#define NO_ANSWER MAX_ERRNO
#define OTHER_CMD (FAULTCAST_CMD_MAX + 1)

_Static_assert(MAX_BATCH *FUZZ_MESSAGE_MAX <= MAX_DATAGRAM, "a datagram holds a batch");

struct sent {
	unsigned int command;
	unsigned int outcome;
};

static const char *const command_names[] = {
	[FAULTCAST_CMD_UNSPEC] = "unspec",	   [FAULTCAST_CMD_STATUS_GET] = "status_get",
	[FAULTCAST_CMD_DEVICE_GET] = "device_get", [FAULTCAST_CMD_EVENT_GET] = "event_get",
	[FAULTCAST_CMD_EVENT_NTF] = "event_ntf",   [FAULTCAST_CMD_CONFIG_SET] = "config_set",
	[FAULTCAST_CMD_INJECT] = "inject",	   [OTHER_CMD] = "other",
};

static int sock = -1;
static uint16_t family;
static unsigned long counts[OTHER_CMD + 1][MAX_ERRNO + 1];
static struct sent sent[MAX_BATCH];
static unsigned int num_sent;
static uint32_t first_seq = 1;

static uint8_t datagram[MAX_DATAGRAM] __attribute__((aligned(NLMSG_ALIGNTO)));
static size_t datagram_len;

static void die(const char *what)
{
	fprintf(stderr, "fuzznl: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void open_socket(void)
{
	const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };

	if (sock >= 0)
		close(sock);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (sock < 0)
		die("socket");
	for (unsigned int i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int on = fuzz_one_in(2);

		if (setsockopt(sock, SOL_NETLINK, options[i], &on, sizeof(on)))
			die("setsockopt");
	}
}

static void note_answers(const uint8_t *answers, int len)
{
	const struct nlmsghdr *nlh = (const void *)answers;

	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		uint32_t n = nlh->nlmsg_seq - first_seq;
		int err;

		if (n >= num_sent ||
		    (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE))
			continue;
		err = -*(const int *)NLMSG_DATA(nlh);
		if (err >= 0 && err < MAX_ERRNO)
			sent[n].outcome = (unsigned int)err;
	}
}

/*
 * The kernel has answered when send() returns, except for dumps, which continue as they
 * are read. Random choices must not depend on the answers, otherwise a seed could not
 * repeat a run.
 */
static void read_answers(void)
{
	static uint8_t answers[MAX_DATAGRAM] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool leave = fuzz_one_in(4);
	uint32_t patience = leave ? fuzz_below(3) : UINT32_MAX;

	for (; patience; patience--) {
		ssize_t len = recv(sock, answers, sizeof(answers), 0);

		if (len < 0 && errno == EAGAIN)
			break;
		if (len < 0 && errno != ENOBUFS)
			die("recv");
		if (len > 0)
			note_answers(answers, (int)len);
	}
	if (leave)
		open_socket();
}

static void tally(void)
{
	for (unsigned int i = 0; i < num_sent; i++)
		counts[sent[i].command][sent[i].outcome]++;
	first_seq += num_sent;
	num_sent = 0;
	datagram_len = 0;
}

static void send_one_datagram(unsigned int messages)
{
	for (unsigned int i = 1; i <= messages; i++) {
		uint8_t cmd;

		datagram_len += fuzz_message(family, first_seq + num_sent, i == messages,
					     datagram + datagram_len, &cmd);
		sent[num_sent++] = (struct sent){
			.command = cmd <= FAULTCAST_CMD_MAX ? cmd : OTHER_CMD,
			.outcome = NO_ANSWER,
		};
	}
	if (send(sock, datagram, datagram_len, 0) < 0)
		die("send");
	read_answers();
	tally();
}

static void print_counts(const char *sender)
{
	for (unsigned int cmd = 0; cmd <= OTHER_CMD; cmd++)
		for (int err = 0; err <= MAX_ERRNO; err++)
			if (counts[cmd][err])
				printf("%s %s %s %lu\n", sender, command_names[cmd],
				       err == NO_ANSWER ? "none"
				       : err		? strerrorname_np(err)
							: "0",
				       counts[cmd][err]);
}

static void resolve(void)
{
	static uint8_t reply[MAX_DATAGRAM] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
		struct nlattr nla;
		char name[sizeof(FAULTCAST_GENL_NAME)];
	} ask = {
		.nlh = { sizeof(ask), GENL_ID_CTRL, NLM_F_REQUEST, 0, 0 },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 2 },
		.nla = { NLA_HDRLEN + sizeof(ask.name), CTRL_ATTR_FAMILY_NAME },
		.name = FAULTCAST_GENL_NAME,
	};
	ssize_t len, at = NLMSG_LENGTH(GENL_HDRLEN);

	if (send(sock, &ask, sizeof(ask), 0) < 0)
		die("send");
	len = recv(sock, reply, sizeof(reply), 0);
	while (!family && at + NLA_HDRLEN <= len) {
		const struct nlattr *nla = (const void *)(reply + at);

		if (nla->nla_type == CTRL_ATTR_FAMILY_ID)
			family = *(const uint16_t *)(nla + 1);
		at += NLA_ALIGN(nla->nla_len) ?: NLA_HDRLEN;
	}
	if (!family)
		die("there is no family faultcast");
}

static const struct sender {
	const char *name;
	bool unprivileged;
	bool namespace;
} senders[] = {
	{ .name = "root" },
	{ .name = "nobody", .unprivileged = true },
	{ .name = "userns", .unprivileged = true, .namespace = true },
};

#define NUM_SENDERS (sizeof(senders) / sizeof(*senders))

/* The socket keeps the privilege of the process that opens it, so each sender opens its own. */
static void run_sender(const struct sender *sender, uint64_t seed, unsigned long messages)
{
	if (sender->unprivileged && (setgid(NOBODY) || setuid(NOBODY)))
		die("setuid");
	if (sender->namespace && unshare(CLONE_NEWUSER))
		die("unshare");
	fuzz_seed(seed);
	open_socket();
	resolve();
	while (messages) {
		unsigned int n = 1 + fuzz_below(MAX_BATCH);

		n = n < messages ? n : (unsigned int)messages;
		send_one_datagram(n);
		messages -= n;
	}
	print_counts(sender->name);
	exit(0);
}

int main(int argc, char **argv)
{
	int status, failed = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: fuzznl SEED COUNT\n");
		return 2;
	}
	for (unsigned int i = 0; i < NUM_SENDERS; i++) {
		unsigned long count = strtoul(argv[2], NULL, 10);

		/* Root sends half of all messages, because it reaches most of the code. */
		count = i ? count / 4 : count - 2 * (count / 4);
		if (fork() == 0)
			run_sender(&senders[i], strtoull(argv[1], NULL, 0) + i, count);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
