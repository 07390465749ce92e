// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve.h"

#include <stdlib.h>

#include "address_set.h"
#include "aer.h"
#include "base/log.h"
#include "devices.h"
#include "iommu.h"
#include "list.h"

#define PCI_BASE_CLASS_BRIDGE 0x06

static bool attaches_late, firmware_reports;

/* IOMMU groups in which a driver attaches domains of its own, in ascending order. */
static uint32_t *owned;
static size_t num_owned, allocated;

static struct address_set collectors; /* root complex event collectors with an AER service */

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void add_owned(uint32_t group)
{
	if (num_owned == allocated) {
		size_t more = allocated ? allocated * 2 : 64;
		uint32_t *grown = reallocarray(owned, more, sizeof(*owned));

		if (!grown) {
			log_error("cannot note the driver of an IOMMU group: no memory");
			return;
		}
		owned = grown;
		allocated = more;
	}
	owned[num_owned++] = group;
}

void resolve_begin(const char *sysfs)
{
	size_t count;
	const struct pci_device *const *list = devices_list(&count);

	attaches_late = pci_iommu_attaches_late(sysfs);
	firmware_reports = pci_aer_has_firmware(sysfs);
	num_owned = 0;
	collectors.count = 0;
	for (size_t i = 0; i < count; i++) {
		if (list[i]->removed_ns)
			continue;
		if (list[i]->group != PCI_NO_GROUP && pci_iommu_is_domain_owner(list[i]->driver))
			add_owned(list[i]->group);
		if (list[i]->aer_service == PCI_AER_EVENT_COLLECTOR)
			address_set_add(&collectors, &list[i]->address);
	}
	if (num_owned)
		qsort(owned, num_owned, sizeof(*owned), compare);
}

static bool is_owned(const struct pci_device *device)
{
	return pci_iommu_is_domain_owner(device->driver) ||
	       (num_owned && bsearch(&device->group, owned, num_owned, sizeof(*owned), compare));
}

/*
 * Event collectors serve integrated endpoints, and no bridges.  Which endpoints is in the
 * collector's configuration space, which only root can read: all endpoints on its own bus count as
 * served, and those on other buses, which it may serve too (PCIe 6.0 7.9.10), as not served.
 */
static bool has_collector(const struct pci_device *device)
{
	uint64_t bus = (uint64_t)device->address.segment << 8 | device->address.bdf >> 8;

	if (strtoul(device->class_code, NULL, 16) >> 16 == PCI_BASE_CLASS_BRIDGE)
		return false;
	for (size_t i = 0; i < collectors.count; i++)
		if (collectors.at[i] >> 8 == bus)
			return true;
	return false;
}

static enum coverage_aer aer_of(const struct pci_device *device)
{
	const struct pci_device *top = device;
	struct address port;

	if (!device->coverage.has_aer)
		return COVERAGE_AER_NOBODY;
	if (*device->root_port)
		top = address_parse_pci(device->root_port, &port) ? NULL : devices_find(&port);
	if (top && top->aer_service)
		return COVERAGE_AER_KERNEL;
	if (!*device->root_port && has_collector(device))
		return COVERAGE_AER_KERNEL;
	return firmware_reports ? COVERAGE_AER_FIRMWARE : COVERAGE_AER_NOBODY;
}

bool resolve_coverage(struct pci_device *device)
{
	struct coverage_device *coverage = &device->coverage;
	const struct coverage_device old = *coverage;

	coverage->own_domain = is_owned(device);
	coverage->may_attach = attaches_late && !*device->driver &&
			       coverage->domain == COVERAGE_DOMAIN_NONE;
	coverage->aer = aer_of(device);
	return coverage->own_domain != old.own_domain || coverage->may_attach != old.may_attach ||
	       coverage->aer != old.aer;
}

void resolve_fini(void)
{
	free(owned);
	owned = NULL;
	num_owned = 0;
	allocated = 0;
	address_set_free(&collectors);
}
