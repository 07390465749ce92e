// SPDX-License-Identifier: GPL-2.0-or-later
#include "sysfs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aer.h"
#include "alias.h"
#include "attribute.h"
#include "iommu.h"

/* The kernel writes "-1" if the node is unknown. */
static void read_numa_node(const char *directory, char node[PCI_NUMA_NODE_LEN])
{
	attribute_read(directory, "numa_node", node, PCI_NUMA_NODE_LEN);
	if (node[strspn(node, "0123456789")])
		node[0] = '\0';
}

void pci_root_port(const char *path, char out[PCI_ADDRESS_LEN])
{
	const char *port = NULL, *last = strrchr(path, '/');

	out[0] = '\0';
	/* With VMD, another root bus follows a device in the path. */
	for (const char *at = strstr(path, "/pci"); at; at = strstr(at + 1, "/pci"))
		port = strchr(at + 1, '/');
	if (port && port != last) {
		attribute_copy(out, PCI_ADDRESS_LEN, port + 1);
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
	char name[ADDRESS_LEN], devices[PATH_MAX - 128], directory[PATH_MAX - 64], target[PATH_MAX];

	address_format(&device->address, name);
	snprintf(devices, sizeof(devices), "%s/bus/pci/devices", sysfs);
	snprintf(directory, sizeof(directory), "%s/%s", devices, name);
	if (read_path(sysfs, name, target, sizeof(target)))
		return -ENOENT;
	pci_path_parse(target, path);
	if (path->count > 1)
		address_format(&path->at[1], name);
	attribute_copy(device->parent, sizeof(device->parent), path->count > 1 ? name : "");
	pci_alias_guess(devices, path, device);
	pci_root_port(target, device->root_port);
	device->vendor_id = (uint16_t)attribute_number(directory, "vendor", 0, 0);
	device->device_id = (uint16_t)attribute_number(directory, "device", 0, 0);
	read_numa_node(directory, device->numa_node);
	attribute_read(directory, "class", device->class_code, sizeof(device->class_code));
	attribute_link(directory, "physfn", device->physfn, sizeof(device->physfn));
	if (*device->physfn && !read_path(sysfs, device->physfn, target, sizeof(target)))
		pci_path_parse(target, path);
	attribute_link(directory, "driver", device->driver, sizeof(device->driver));
	pci_iommu_read(directory, device);
	pci_aer_read(sysfs, directory, device);
	return 0;
}

int pci_sysfs_read_slot(const char *sysfs, const char *name, struct pci_slot *slot)
{
	char directory[PATH_MAX - 64], line[PCI_ADDRESS_LEN + sizeof(".0")];
	struct address address;

	snprintf(directory, sizeof(directory), "%s/bus/pci/slots/%s", sysfs, name);
	attribute_read(directory, "address", line, PCI_ADDRESS_LEN);
	strcat(line, ".0");
	if (address_parse_pci(line, &address))
		return -EINVAL;
	slot->segment = address.segment;
	slot->bdf = address.bdf;
	attribute_copy(slot->name, sizeof(slot->name), name);
	return 0;
}
