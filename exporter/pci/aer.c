// SPDX-License-Identifier: GPL-2.0-or-later
#include "aer.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "attribute.h"

/*
 * The names of service devices end with the type of the port and the service, as
 * get_descriptor_id() in the kernel makes them.
 */
static const struct {
	const char *suffix;
	enum pci_aer_service service;
} services[] = {
	{ "pcie002", PCI_AER_ROOT_PORT },
	{ "pcie602", PCI_AER_EVENT_COLLECTOR },
};

enum pci_aer_service pci_aer_read_service(const char *sysfs, const struct address *address)
{
	char device[ADDRESS_LEN], directory[PATH_MAX], driver[8];

	address_format(address, device);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		snprintf(directory, sizeof(directory), "%s/bus/pci_express/devices/%s:%s", sysfs,
			 device, services[i].suffix);
		attribute_link(directory, "driver", driver, sizeof(driver));
		if (!strcmp(driver, "aer"))
			return services[i].service;
	}
	return PCI_AER_NONE;
}

/* The kernel shows these files for each device with the capability, whoever handles its errors. */
void pci_aer_read(const char *sysfs, const char *directory, struct pci_device *device)
{
	device->coverage.has_aer = attribute_exists(directory, "aer_dev_correctable");
	device->aer_service = device->coverage.has_aer
				      ? pci_aer_read_service(sysfs, &device->address)
				      : PCI_AER_NONE;
}

/* Platform devices are "GHES.0" and so on, one for each error source of the HEST table. */
bool pci_aer_has_firmware(const char *sysfs)
{
	char path[PATH_MAX / 2], link[300], driver[8];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/bus/platform/devices", sysfs);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "GHES.", 5) != 0)
			continue;
		snprintf(link, sizeof(link), "%s/driver", entry->d_name);
		attribute_link(path, link, driver, sizeof(driver));
		found = *driver;
	}
	closedir(dir);
	return found;
}
