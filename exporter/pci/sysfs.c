// SPDX-License-Identifier: GPL-2.0-or-later
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

/* Cuts texts that are too long. */
static void copy(char *out, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(out, text, len);
	out[len] = '\0';
	utf8_repair(out);
}

/* Reads the file @directory/@file without its newline; "" if it cannot be read. */
static void read_line(const char *directory, const char *file, char *line, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	line[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, line, size - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	utf8_repair(line);
}

static long read_number(const char *directory, const char *file, long none)
{
	char line[32], *end;
	long number;

	read_line(directory, file, line, sizeof(line));
	number = strtol(line, &end, 0);
	return *line && !*end ? number : none;
}

/* The kernel writes "-1" if the node is unknown. */
static void read_numa_node(const char *directory, char node[PCI_NUMA_NODE_LEN])
{
	read_line(directory, "numa_node", node, PCI_NUMA_NODE_LEN);
	if (node[strspn(node, "0123456789")])
		node[0] = '\0';
}

static bool has(const char *directory, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return !access(path, F_OK);
}

/* The last component of the target of the link @directory/@link; "" if there is no link. */
static void read_link(const char *directory, const char *link, char *name, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, link);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	copy(name, size, slash ? slash + 1 : target);
}

static void read_domain_type(const char *directory, char type[PCI_DOMAIN_TYPE_LEN])
{
	read_line(directory, "iommu_group/type", type, PCI_DOMAIN_TYPE_LEN);
	if (!*type)
		strcpy(type, has(directory, "iommu_group") ? "unknown" : "none");
}

void pci_root_port(const char *path, char out[PCI_ADDRESS_LEN])
{
	const char *port = NULL, *last = strrchr(path, '/');

	out[0] = '\0';
	/* With VMD, another root bus follows a device in the path. */
	for (const char *at = strstr(path, "/pci"); at; at = strstr(at + 1, "/pci"))
		port = strchr(at + 1, '/');
	if (port && port != last) {
		copy(out, PCI_ADDRESS_LEN, port + 1);
		out[strcspn(out, "/")] = '\0';
	}
}

void pci_path_parse(const char *text, struct pci_path *path)
{
	const char *end = text + strlen(text);

	path->count = 0;
	while (end > text && path->count < PCI_PATH_MAX) {
		const char *start = end;
		char name[PCI_ADDRESS_LEN];

		while (start > text && start[-1] != '/')
			start--;
		if ((size_t)(end - start) < sizeof(name)) {
			memcpy(name, start, (size_t)(end - start));
			name[end - start] = '\0';
			if (!address_parse_pci(name, &path->at[path->count]))
				path->count++;
		}
		end = start > text ? start - 1 : text;
	}
}

static int read_path(const char *sysfs, const char *name, char *target, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", sysfs, name);
	n = readlink(path, target, size - 1);
	if (n < 0)
		return -ENOENT;
	target[n] = '\0';
	return 0;
}

int pci_sysfs_read(const char *sysfs, struct pci_device *device, struct pci_path *path)
{
	char name[ADDRESS_LEN], directory[PATH_MAX - 64], target[PATH_MAX], physical[PATH_MAX];

	address_format(&device->address, name);
	snprintf(directory, sizeof(directory), "%s/bus/pci/devices/%s", sysfs, name);
	if (read_path(sysfs, name, target, sizeof(target)))
		return -ENOENT;
	pci_root_port(target, device->root_port);
	device->vendor_id = (uint16_t)read_number(directory, "vendor", 0);
	device->device_id = (uint16_t)read_number(directory, "device", 0);
	device->has_aer = has(directory, "aer_dev_correctable");
	read_numa_node(directory, device->numa_node);
	read_line(directory, "class", device->class_code, sizeof(device->class_code));
	read_link(directory, "physfn", device->physfn, sizeof(device->physfn));
	if (*device->physfn && read_path(sysfs, device->physfn, physical, sizeof(physical)) == 0)
		pci_path_parse(physical, path);
	else
		pci_path_parse(target, path);
	read_link(directory, "driver", device->driver, sizeof(device->driver));
	read_domain_type(directory, device->domain_type);
	return 0;
}

int pci_sysfs_read_slot(const char *sysfs, const char *name, struct pci_slot *slot)
{
	char directory[PATH_MAX - 64], line[PCI_ADDRESS_LEN + sizeof(".0")];
	struct address address;

	snprintf(directory, sizeof(directory), "%s/bus/pci/slots/%s", sysfs, name);
	read_line(directory, "address", line, PCI_ADDRESS_LEN);
	strcat(line, ".0");
	if (address_parse_pci(line, &address))
		return -EINVAL;
	slot->segment = address.segment;
	slot->bdf = address.bdf;
	copy(slot->name, sizeof(slot->name), name);
	return 0;
}
