// SPDX-License-Identifier: GPL-2.0-only
/* Looks for port services, which are children of the PCI device of their port. */
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "ports.h"

static bool is_port(struct pci_dev *pdev)
{
	if (!pci_is_pcie(pdev))
		return false;
	switch (pci_pcie_type(pdev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_DOWNSTREAM:
	case PCI_EXP_TYPE_RC_EC:
		return true;
	default:
		return false;
	}
}

static int is_service_of(struct device *dev, void *driver)
{
	return dev->bus && !strcmp(dev->bus->name, "pci_express") &&
	       !strcmp(dev_driver_string(dev), driver);
}

static bool has_service(struct pci_dev *pdev, const char *driver)
{
	return !driver || device_for_each_child(&pdev->dev, (void *)driver, is_service_of);
}

bool faultcast_ports_have(const char *driver)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (!is_port(pdev) || !has_service(pdev, driver))
			continue;
		pci_dev_put(pdev);
		return true;
	}
	return false;
}
