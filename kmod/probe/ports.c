// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for port services, which are children of the PCI device of their port, and for
 * firmware that handles errors.
 */
#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
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

/* Calls @match for each port until it returns true, and returns whether it did. */
static bool any_port(bool (*match)(struct pci_dev *port, const char *driver), const char *driver)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (!is_port(pdev) || !match(pdev, driver))
			continue;
		pci_dev_put(pdev);
		return true;
	}
	return false;
}

bool faultcast_ports_have(const char *driver)
{
	return any_port(has_service, driver);
}

#ifdef CONFIG_PCIE_EDR

/* The kernel listens for EDR where _OSC leaves DPC to the firmware: pci_acpi_setup(). */
static bool has_edr(struct pci_dev *pdev, const char *unused)
{
	struct pci_bus *root = pdev->bus;

	while (root->parent)
		root = root->parent;
	return pdev->dpc_cap && ACPI_COMPANION(&pdev->dev) &&
	       !to_pci_host_bridge(root->bridge)->native_dpc;
}

bool faultcast_ports_have_edr(void)
{
	return any_port(has_edr, NULL);
}

#else

bool faultcast_ports_have_edr(void)
{
	return false;
}

#endif

static int is_device(struct device *dev, void *unused)
{
	return 1;
}

/* ACPI 6.4 18.3.2.7: firmware reports errors through generic hardware error sources. */
bool faultcast_ports_firmware(void)
{
	struct device_driver *ghes = IS_ENABLED(CONFIG_ACPI_APEI_PCIEAER) ?
		driver_find("GHES", &platform_bus_type) : NULL;

	return ghes && driver_for_each_device(ghes, NULL, NULL, is_device);
}
