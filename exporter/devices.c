// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

#define SYSFS_DEVICES "/sys/bus/pci/devices"
#define UEVENT_GROUP_KERNEL 1

static struct pci_device *list;
static size_t num_devices;

static struct loop *watch_loop;
static void on_uevent(struct loop_fd *watch, uint32_t events);
static struct loop_fd uevents = { .fd = -1, .ready = on_uevent };

static int compare(const void *a, const void *b)
{
	return address_compare(&((const struct pci_device *)a)->address,
			       &((const struct pci_device *)b)->address);
}

/* 0 when the device has gone meanwhile. */
static uint16_t read_id(const char *device, const char *file)
{
	char path[320];
	unsigned int id = 0;
	FILE *f;

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/%s", device, file);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%x", &id) != 1)
		id = 0;
	fclose(f);
	return (uint16_t)id;
}

static bool has_aer(const char *device)
{
	char path[320];

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/aer_dev_correctable", device);
	return !access(path, F_OK);
}

static int read_all(DIR *dir, struct pci_device **found, size_t *count)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		struct pci_device device, *grown;

		if (address_parse_pci(entry->d_name, &device.address))
			continue;
		device.vendor_id = read_id(entry->d_name, "vendor");
		device.device_id = read_id(entry->d_name, "device");
		device.has_aer = has_aer(entry->d_name);
		grown = reallocarray(*found, *count + 1, sizeof(device));
		if (!grown)
			return -ENOMEM;
		*found = grown;
		grown[(*count)++] = device;
	}
	return 0;
}

int devices_scan(void)
{
	struct pci_device *found = NULL;
	size_t count = 0;
	DIR *dir = opendir(SYSFS_DEVICES);
	int err;

	if (!dir)
		return -errno;
	err = read_all(dir, &found, &count);
	closedir(dir);
	if (err) {
		free(found);
		return err;
	}
	if (count)
		qsort(found, count, sizeof(*found), compare);
	free(list);
	list = found;
	num_devices = count;
	return 0;
}

/* "ACTION@PATH\0KEY=VALUE\0...", lib/kobject_uevent.c */
static bool is_pci(const char *message, size_t len)
{
	for (const char *at = message; at < message + len; at += strlen(at) + 1)
		if (!strcmp(at, "SUBSYSTEM=pci"))
			return true;
	return false;
}

static void on_uevent(struct loop_fd *watch, uint32_t events)
{
	char message[8192];
	bool changed = false;
	ssize_t n;

	(void)events;
	while ((n = recv(watch->fd, message, sizeof(message) - 1, MSG_DONTWAIT)) > 0) {
		message[n] = '\0';
		changed |= is_pci(message, (size_t)n);
	}
	/* Told of too many: what changed is anybody's guess. */
	if (n < 0 && errno == ENOBUFS)
		changed = true;
	if (changed && devices_scan())
		log_warn("cannot read " SYSFS_DEVICES);
}

int devices_watch(struct loop *loop)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP_KERNEL };
	int err;

	uevents.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (uevents.fd < 0)
		return -errno;
	if (bind(uevents.fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	else
		err = loop_add(loop, &uevents, EPOLLIN);
	if (err) {
		close(uevents.fd);
		uevents.fd = -1;
		return err;
	}
	watch_loop = loop;
	return devices_scan();
}

void devices_fini(void)
{
	if (uevents.fd >= 0) {
		loop_del(watch_loop, &uevents);
		close(uevents.fd);
		uevents.fd = -1;
	}
	free(list);
	list = NULL;
	num_devices = 0;
}

const struct pci_device *devices_list(size_t *count)
{
	*count = num_devices;
	return list;
}

const struct pci_device *devices_find(const struct address *address)
{
	const struct pci_device key = { .address = *address };

	if (address->type != ADDRESS_PCI || !num_devices)
		return NULL;
	return bsearch(&key, list, num_devices, sizeof(*list), compare);
}
