// SPDX-License-Identifier: GPL-2.0-or-later
#include "uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_KERNEL 1

int uevent_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* "ACTION@PATH\0KEY=VALUE\0..." */
bool uevent_pci(const char *message, size_t len, struct address *device)
{
	static const char slot_name[] = "PCI_SLOT_NAME=";
	bool is_pci = false, named = false;

	for (const char *at = message; at < message + len; at += strlen(at) + 1) {
		if (!strcmp(at, "SUBSYSTEM=pci"))
			is_pci = true;
		else if (!strncmp(at, slot_name, strlen(slot_name)))
			named = !address_parse_pci(at + strlen(slot_name), device);
	}
	return is_pci && named;
}
