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

/* A service of a port is a device below the port: ".../0000:00:1c.0/0000:00:1c.0:pcie002". */
static bool parse_service(const char *path, struct address *port)
{
	const char *slash = strrchr(path, '/');
	char name[ADDRESS_LEN];
	size_t len;

	if (!slash)
		return false;
	len = strlen(slash + 1);
	len -= len < strlen(":pcie002") ? len : strlen(":pcie002");
	if (len >= sizeof(name))
		return false;
	memcpy(name, slash + 1, len);
	name[len] = '\0';
	return !address_parse_pci(name, port);
}

/* "ACTION@PATH\0KEY=VALUE\0..." */
bool uevent_pci(const char *message, size_t len, struct address *device)
{
	static const char slot_name[] = "PCI_SLOT_NAME=";
	bool is_pci = false, is_service = false;
	const char *named = NULL;

	for (const char *at = message; at < message + len; at += strlen(at) + 1) {
		if (!strcmp(at, "SUBSYSTEM=pci"))
			is_pci = true;
		else if (!strcmp(at, "SUBSYSTEM=pci_express"))
			is_service = true;
		else if (!strncmp(at, slot_name, strlen(slot_name)))
			named = at + strlen(slot_name);
	}
	if (is_service)
		return parse_service(message, device);
	return is_pci && named && !address_parse_pci(named, device);
}
