// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dumpnl: sends requests to the kernel module's generic netlink family and prints the
 * answer datagram by datagram, which faultcastctl does not. It also injects events faster
 * than faultcastctl in a loop.
 *
 *   dumpnl [netns] [user] [pause] [failN] REQUEST
 * 	netns: from a network namespace of its own, with the family's id known from outside
 * 	user:  after giving up all privilege
 * 	pause: after the first datagram, waits until standard input ends
 * 	failN: the kernel's Nth allocation from sending the request on fails (fault injection);
 * 	       prints "failed", or "spared" if there were fewer
 *
 *   status | devices | events [FROM] | config
 *   device SEGMENT BDF		one device, without a dump
 *   inject COUNT [SPREAD]	COUNT events of the SPREAD devices from 8000:00:00.0 on, in turn
 *
 * Prints "datagram" for each datagram, and its content in lines ("event SEQ", "gap FROM
 * TO", "device SEGMENT BDF", "serial" for a device whose serial number was sent, "unit
 * ADDRESS SEGMENT FLAGS"). The last line is "end ERROR", with 0 for success.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faultcast.h"

#define DATAGRAM_MAX 65536
#define SEGMENT 0x8000
#define NOBODY 65534

static struct nl_sock *sock;
static int family;
static bool pausing;
static const char *fail_nth;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "dumpnl: %s: %s\n", what, why);
	exit(2);
}

static void open_socket(void)
{
	nl_socket_free(sock);
	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		die("socket", "cannot connect");
}

static void end(int err)
{
	printf("end %s\n", err ? strerrorname_np(-err) : "0");
}

static struct nl_msg *request_of(uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, cmd,
				 FAULTCAST_GENL_VERSION))
		die("request", "no memory");
	return msg;
}

static void print_device(struct nlmsghdr *nlh)
{
	struct nlattr *segment = nlmsg_find_attr(nlh, GENL_HDRLEN, FAULTCAST_A_DEVICE_SEGMENT);
	struct nlattr *bdf = nlmsg_find_attr(nlh, GENL_HDRLEN, FAULTCAST_A_DEVICE_BDF);
	struct nlattr *id = nlmsg_find_attr(nlh, GENL_HDRLEN, FAULTCAST_A_DEVICE_IDENTITY);

	if (segment && bdf)
		printf("device %u %u\n", nla_get_u32(segment), nla_get_u32(bdf));
	else
		printf("device -\n");
	if (id && nla_find(nla_data(id), nla_len(id), FAULTCAST_A_IDENTITY_SERIAL))
		puts("serial");
}

static unsigned long long number(struct nlattr *nest, int type)
{
	struct nlattr *attr = nla_find(nla_data(nest), nla_len(nest), type);

	if (!attr)
		die("answer", "an attribute is missing");
	return nla_len(attr) == sizeof(uint32_t) ? nla_get_u32(attr) : nla_get_u64(attr);
}

static void print_batch(struct nlmsghdr *nlh)
{
	struct nlattr *attr;
	int rem;

	if (!nlmsg_find_attr(nlh, GENL_HDRLEN, FAULTCAST_A_BATCH_INSTANCE))
		die("answer", "a batch without instance");
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) == FAULTCAST_A_BATCH_EVENT)
			printf("event %llu\n", number(attr, FAULTCAST_A_EVENT_SEQ));
		else if (nla_type(attr) == FAULTCAST_A_BATCH_GAP)
			printf("gap %llu %llu\n", number(attr, FAULTCAST_A_GAP_FROM),
			       number(attr, FAULTCAST_A_GAP_TO));
	}
}

static void print_status(struct nlmsghdr *nlh)
{
	struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		if (nla_type(attr) == FAULTCAST_A_STATUS_UNIT)
			printf("unit %llx %llu %llu\n", number(attr, FAULTCAST_A_UNIT_ADDRESS),
			       number(attr, FAULTCAST_A_UNIT_SEGMENT),
			       number(attr, FAULTCAST_A_UNIT_FLAGS));
}

/* Returns whether @nlh is the last message. Then *@err is the error, or 0. */
static bool take(struct nlmsghdr *nlh, int *err)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);

	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		*err = *(int *)nlmsg_data(nlh);
		return true;
	}
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		puts("interrupted");
	if (genl->cmd == FAULTCAST_CMD_DEVICE_GET)
		print_device(nlh);
	else if (genl->cmd == FAULTCAST_CMD_EVENT_GET)
		print_batch(nlh);
	else if (genl->cmd == FAULTCAST_CMD_STATUS_GET)
		print_status(nlh);
	return false;
}

static void wait_for_end_of_input(void)
{
	char unused[64];

	while (read(STDIN_FILENO, unused, sizeof(unused)) > 0)
		;
}

/* From here on only the request may allocate memory, so nothing is opened or printed. */
static int begin_failing(void)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);

	if (fd < 0 || write(fd, fail_nth, strlen(fail_nth)) < 0)
		die("fail-nth", strerror(errno));
	return fd;
}

/* The rest of N is 0 if the Nth allocation was reached. */
static void end_failing(int fd)
{
	char left[16] = "";

	if (pread(fd, left, sizeof(left) - 1, 0) < 0 || pwrite(fd, "0", 1, 0) < 0)
		die("fail-nth", strerror(errno));
	close(fd);
	puts(atoi(left) ? "spared" : "failed");
}

/* Returns the error at the end of the answer, or 0. */
static int read_answer(bool quiet)
{
	static char datagram[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int err = 0;

	for (;;) {
		ssize_t n = recv(nl_socket_get_fd(sock), datagram, sizeof(datagram), MSG_TRUNC);
		struct nlmsghdr *nlh = (void *)datagram;
		int len = (int)n;

		if (n < 0)
			return -errno;
		if (n > (ssize_t)sizeof(datagram))
			die("answer", "a datagram is too large");
		if (!quiet)
			puts("datagram");
		for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
			if (take(nlh, &err))
				return err;
		if (pausing)
			wait_for_end_of_input();
		pausing = false;
	}
}

/* Sends the request and reads the whole answer. Returns its error, or 0. */
static int ask(struct nl_msg *msg, bool quiet)
{
	int failing = fail_nth ? begin_failing() : -1, sent, err;

	sent = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	if (sent < 0 && !fail_nth)
		die("send", nl_geterror(sent));
	err = sent < 0 ? -ENOMEM : read_answer(quiet);
	if (failing >= 0)
		end_failing(failing);
	return err;
}

static int inject(unsigned long count, unsigned long spread)
{
	int err = 0;

	for (unsigned long i = 0; !err && i < count; i++) {
		struct nl_msg *msg = request_of(FAULTCAST_CMD_INJECT, NLM_F_ACK);

		if (nla_put_u32(msg, FAULTCAST_A_INJECT_SEGMENT, SEGMENT) ||
		    nla_put_u32(msg, FAULTCAST_A_INJECT_BDF, (uint32_t)(i % spread)) ||
		    nla_put_u32(msg, FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT))
			die("request", "no memory");
		err = ask(msg, true);
	}
	return err;
}

static int events(const char *from)
{
	struct nl_msg *msg = request_of(FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);

	if (from && nla_put_u64(msg, FAULTCAST_A_BATCH_FROM, strtoull(from, NULL, 10)))
		die("request", "no memory");
	return ask(msg, false);
}

/* One device by its address, BUS, DEVICE and FUNCTION as one number. */
static int device(const char *segment, const char *bdf)
{
	struct nl_msg *msg = request_of(FAULTCAST_CMD_DEVICE_GET, NLM_F_ACK);

	if (nla_put_u32(msg, FAULTCAST_A_DEVICE_SEGMENT, (uint32_t)strtoul(segment, NULL, 0)) ||
	    nla_put_u32(msg, FAULTCAST_A_DEVICE_BDF, (uint32_t)strtoul(bdf, NULL, 0)))
		die("request", "no memory");
	return ask(msg, false);
}

static int config(void)
{
	struct nl_msg *msg = request_of(FAULTCAST_CMD_CONFIG_SET, NLM_F_ACK);

	if (nla_put_u32(msg, FAULTCAST_A_CONFIG_RATE, 1))
		die("request", "no memory");
	return ask(msg, false);
}

static int run(int argc, char **argv)
{
	const char *verb = argc ? argv[0] : "", *first = argc > 1 ? argv[1] : NULL;

	if (!strcmp(verb, "status"))
		return ask(request_of(FAULTCAST_CMD_STATUS_GET, NLM_F_ACK), false);
	if (!strcmp(verb, "devices"))
		return ask(request_of(FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP), false);
	if (!strcmp(verb, "events"))
		return events(first);
	if (!strcmp(verb, "config"))
		return config();
	if (!strcmp(verb, "device") && argc > 2)
		return device(first, argv[2]);
	if (!strcmp(verb, "inject") && first)
		return inject(strtoul(first, NULL, 10), argc > 2 ? strtoul(argv[2], NULL, 10) : 1);
	die("usage",
	    "dumpnl [netns] [user] [pause] [failN] status|devices|device|events|config|inject ...");
	return 0;
}

static void leave_network(void)
{
	if (unshare(CLONE_NEWNET))
		die("netns", strerror(errno));
	open_socket();
	printf("resolve %s\n", genl_ctrl_resolve(sock, FAULTCAST_GENL_NAME) < 0 ? "nothing" : "ok");
}

int main(int argc, char **argv)
{
	int at = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	open_socket();
	family = genl_ctrl_resolve(sock, FAULTCAST_GENL_NAME);
	if (family < 0)
		die("faultcast", nl_geterror(family));
	for (; at < argc; at++) {
		if (!strcmp(argv[at], "netns"))
			leave_network();
		else if (!strcmp(argv[at], "user") && (setgid(NOBODY) || setuid(NOBODY)))
			die("user", strerror(errno));
		else if (!strcmp(argv[at], "pause"))
			pausing = true;
		else if (!strncmp(argv[at], "fail", 4))
			fail_nth = argv[at] + 4;
		else if (strcmp(argv[at], "user") != 0)
			break;
	}
	if (fail_nth || !strcmp(argc > at ? argv[at] : "", "inject"))
		setvbuf(stdout, NULL, _IOFBF, 0);
	/*
	 * The socket is opened after the privilege was given up, because a socket keeps
	 * its privilege.
	 */
	open_socket();
	end(run(argc - at, argv + at));
	return 0;
}
