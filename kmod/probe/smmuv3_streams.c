// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which device has which stream id.  Firmware gives a device its ids, and the kernel
 * keeps them in the device's fwspec.  Before 7.3 the kernel reads the ids when the first
 * driver probes the device.  Two SMMUs may use the same ids for different devices, so
 * each unit has a table of its own.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>

#include "core/slot.h"
#include "smmuv3_units.h"

#ifdef CONFIG_ARM64

static bool late;

static u64 device_of(struct device *dev)
{
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return SMMUV3_DEVICE_OTHER(faultcast_slot_claim_dev(dev));
	pdev = to_pci_dev(dev);
	return SMMUV3_DEVICE_PCI(pci_domain_nr(pdev->bus), pci_dev_id(pdev));
}

static struct smmuv3_unit *unit_of(const struct iommu_fwspec *fwspec)
{
	return fwspec ? smmuv3_units_by_fwnode(fwspec->iommu_fwnode) : NULL;
}

static int learn(struct device *dev, void *unused)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmuv3_unit *unit = unit_of(fwspec);
	u32 i;

	for (i = 0; unit && i < fwspec->num_ids; i++)
		smmuv3_look_add_stream(unit, fwspec->ids[i], device_of(dev));
	return 0;
}

static void unlearn(struct device *dev)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmuv3_unit *unit = unit_of(fwspec);
	u32 i;

	for (i = 0; unit && i < fwspec->num_ids; i++)
		smmuv3_look_remove_stream(unit, fwspec->ids[i], device_of(dev));
}

/* The driver of an SMMU is about to free the event queue. */
static void lose_unit(struct device *dev)
{
	struct smmuv3_unit *unit = smmuv3_units_by_fwnode(dev_fwnode(dev));
	unsigned long flags;

	if (!unit)
		return;
	raw_spin_lock_irqsave(&unit->lock, flags);
	WRITE_ONCE(unit->gone, true);
	raw_spin_unlock_irqrestore(&unit->lock, flags);
}

/* Called with the lock of @dev, or before others can see @dev. */
static int on_bus(struct notifier_block *nb, unsigned long action, void *data)
{
	struct device *dev = data;
	bool is_smmu = !strcmp(dev_driver_string(dev), SMMUV3_DRIVER);

	switch (action) {
	case BUS_NOTIFY_BOUND_DRIVER:
		if (is_smmu)
			WRITE_ONCE(late, true);
		fallthrough;
	case BUS_NOTIFY_ADD_DEVICE:
	case BUS_NOTIFY_BIND_DRIVER:	/* the driver's own probe may already cause faults */
		learn(dev, NULL);
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		if (is_smmu)
			lose_unit(dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		unlearn(dev);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block pci_notifier = { .notifier_call = on_bus };
static struct notifier_block platform_notifier = { .notifier_call = on_bus };

int smmuv3_streams_start(void)
{
	int err;

	late = false;
	err = bus_register_notifier(&pci_bus_type, &pci_notifier);
	if (err)
		return err;
	err = bus_register_notifier(&platform_bus_type, &platform_notifier);
	if (err) {
		bus_unregister_notifier(&pci_bus_type, &pci_notifier);
		return err;
	}
	pci_lock_rescan_remove();
	bus_for_each_dev(&pci_bus_type, NULL, NULL, learn);
	pci_unlock_rescan_remove();
	bus_for_each_dev(&platform_bus_type, NULL, NULL, learn);
	return 0;
}

void smmuv3_streams_stop(void)
{
	bus_unregister_notifier(&platform_bus_type, &platform_notifier);
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
}

bool smmuv3_streams_late(void)
{
	return READ_ONCE(late);
}

#endif /* CONFIG_ARM64 */
