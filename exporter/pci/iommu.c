// SPDX-License-Identifier: GPL-2.0-or-later
#include "iommu.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"

/* "dmar0" and "ivhd0" have numbers; the other names go on with an address. */
static const struct {
	const char *prefix;
	enum coverage_iommu iommu;
} iommus[] = {
	{ "dmar", COVERAGE_IOMMU_VTD },
	{ "ivhd", COVERAGE_IOMMU_AMD },
	{ "smmu.", COVERAGE_IOMMU_NAMELESS },
	{ "smmu3.", COVERAGE_IOMMU_SMMUV3 },
};

enum coverage_iommu pci_iommu_named(const char *name)
{
	for (size_t i = 0; i < sizeof(iommus) / sizeof(iommus[0]); i++)
		if (!strncmp(name, iommus[i].prefix, strlen(iommus[i].prefix)))
			return iommus[i].iommu;
	return COVERAGE_IOMMU_SILENT;
}

/*
 * VFIO's drivers, usnic_uiom_alloc_pd(), and the parents of vhost-vdpa, which allocates a domain
 * for the parent.
 */
static const char *const domain_owners[] = { "vfio", "vdpa", "usnic", "ifcvf" };

bool pci_iommu_is_domain_owner(const char *driver)
{
	for (size_t i = 0; i < sizeof(domain_owners) / sizeof(domain_owners[0]); i++)
		if (strstr(driver, domain_owners[i]))
			return true;
	return false;
}

void pci_iommu_read_type(const char *directory, char type[PCI_DOMAIN_TYPE_LEN])
{
	attribute_read(directory, "iommu_group/type", type, PCI_DOMAIN_TYPE_LEN);
	if (!*type)
		strcpy(type, attribute_exists(directory, "iommu_group") ? "unknown" : "none");
}

/* The names are those of iommu_group_show_type() in the kernel. */
static enum coverage_domain domain_of(const char *type)
{
	if (!strcmp(type, "none"))
		return COVERAGE_DOMAIN_NONE;
	if (!strcmp(type, "identity"))
		return COVERAGE_DOMAIN_IDENTITY;
	if (!strncmp(type, "DMA", 3) || !strcmp(type, "blocked") || !strcmp(type, "unmanaged"))
		return COVERAGE_DOMAIN_TRANSLATED;
	return COVERAGE_DOMAIN_UNKNOWN;
}

/*
 * Without the link, a group is one of VFIO's no-IOMMU mode, or of a platform whose IOMMU driver
 * does not use the kernel's IOMMU interface, such as pSeries before 6.5.
 */
static enum coverage_iommu read_iommu(const char *directory, const struct pci_device *device)
{
	char name[64];

	attribute_link(directory, "iommu", name, sizeof(name));
	if (*name)
		return pci_iommu_named(name);
	attribute_read(directory, "iommu_group/name", name, sizeof(name));
	return !strcmp(device->domain_type, "none") || !strcmp(name, "vfio-noiommu")
		       ? COVERAGE_IOMMU_NONE
		       : COVERAGE_IOMMU_SILENT;
}

/*
 * Host bridges, and functions that are an IOMMU (PCI Code and ID Assignment 1.6 and 1.8), are no
 * requesters.  The class of a virtio-iommu depends on the hypervisor; its ids are fixed (virtio
 * 1.2, 4.1.2.1 and 5.13.1).
 */
static bool is_requester(const struct pci_device *device)
{
	unsigned long class_code = strtoul(device->class_code, NULL, 16) >> 8;
	bool virtio_iommu = device->vendor_id == 0x1af4 && device->device_id == 0x1040 + 23;

	return class_code != 0x0600 && class_code != 0x0806 && !virtio_iommu;
}

/* The register base of the device's IOMMU; 0: not known.  The name of an SMMU has it. */
static uint64_t read_unit(const char *directory, enum coverage_iommu iommu)
{
	char name[64];

	if (iommu == COVERAGE_IOMMU_VTD)
		return attribute_number(directory, "iommu/intel-iommu/address", 16, 0);
	if (iommu != COVERAGE_IOMMU_SMMUV3)
		return 0;
	attribute_link(directory, "iommu", name, sizeof(name));
	return strtoull(strchr(name, '.') + 1, NULL, 16);
}

void pci_iommu_read(const char *directory, struct pci_device *device)
{
	char group[16], *end;
	unsigned long number;

	pci_iommu_read_type(directory, device->domain_type);
	attribute_link(directory, "iommu_group", group, sizeof(group));
	number = strtoul(group, &end, 10);
	device->group = *group && !*end ? (uint32_t)number : PCI_NO_GROUP;
	device->coverage.iommu = read_iommu(directory, device);
	device->coverage.domain = domain_of(device->domain_type);
	device->coverage.is_requester = is_requester(device);
	device->coverage.unit = read_unit(directory, device->coverage.iommu);
	attribute_link(directory, "iommu", device->coverage.unit_name,
		       sizeof(device->coverage.unit_name));
}

/* VT-d and AMD attach all devices that their tables name, when the devices are found. */
bool pci_iommu_attaches_late(const char *sysfs)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool late = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/class/iommu", sysfs);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!late && (entry = readdir(dir))) {
		enum coverage_iommu iommu = pci_iommu_named(entry->d_name);

		late = entry->d_name[0] != '.' && iommu != COVERAGE_IOMMU_VTD &&
		       iommu != COVERAGE_IOMMU_AMD;
	}
	closedir(dir);
	return late;
}
