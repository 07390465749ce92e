// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nlrecord: prints the messages that the kernel sends over generic netlink, as the device
 * nlmon0 shows them.
 *
 *   nlrecord STAGE
 *
 * Prints a line for each message until it is ended: "STAGE.NAME HEX". NAME is the
 * decoder: batch, device or status for the module's messages, by command; control for the
 * controller's messages and the ends of answers. Prints "# ready" first. nlmon0 must be
 * up, and no other family in use.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "faultcast.h"

#define DATAGRAM_MAX 65536
#define RCVBUF (8 << 20)

static void die(const char *what)
{
	fprintf(stderr, "nlrecord: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_monitor(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int size = RCVBUF, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("packet socket");
	address.sll_ifindex = (int)if_nametoindex("nlmon0");
	if (!address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("nlmon0");
	return fd;
}

static const char *name_of(const struct nlmsghdr *nlh)
{
	static const char *const names[FAULTCAST_CMD_MAX + 1] = {
		[FAULTCAST_CMD_STATUS_GET] = "status",
		[FAULTCAST_CMD_DEVICE_GET] = "device",
		[FAULTCAST_CMD_EVENT_GET] = "batch",
		[FAULTCAST_CMD_EVENT_NTF] = "batch",
	};
	const struct genlmsghdr *hdr = NLMSG_DATA(nlh);

	if (nlh->nlmsg_type <= GENL_ID_CTRL)
		return "control";
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) || hdr->cmd > FAULTCAST_CMD_MAX)
		return NULL;
	return names[hdr->cmd];
}

static void print(const char *stage, const struct nlmsghdr *nlh)
{
	const unsigned char *bytes = (const void *)nlh;
	const char *name = name_of(nlh);

	printf("%s.%s ", stage, name ? name : "unknown");
	for (size_t i = 0; i < nlh->nlmsg_len; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static char datagram[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_ll from;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: nlrecord STAGE\n");
		return 2;
	}
	fd = open_monitor();
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("# ready");
	for (;;) {
		socklen_t size = sizeof(from);
		const struct nlmsghdr *nlh = (const void *)datagram;
		ssize_t got = recvfrom(fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from,
				       &size);
		unsigned int len = (unsigned int)got;

		if (got < 0)
			die("receive");
		if (from.sll_protocol != htons(NETLINK_GENERIC))
			continue;
		/* Skips requests, which nlmon also shows as outgoing. */
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len))
			if (!(nlh->nlmsg_flags & NLM_F_REQUEST))
				print(argv[1], nlh);
	}
}
