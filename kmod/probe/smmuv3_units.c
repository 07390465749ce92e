// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the SMMUv3 units, from the device tree or from ACPI, and maps their registers
 * and event queues.  Writes no register.  A register of a unit without power answers
 * with a fatal error, so registers are read only here, while runtime PM keeps the unit
 * on, and in hooks of the driver, which reads them at the same moment.
 */
#include <linux/dma-map-ops.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "hook.h"
#include "probe.h"
#include "smmuv3_decode.h"
#include "smmuv3_units.h"

#ifdef CONFIG_ARM64

static struct smmuv3_unit **units;	/* in the order of their driver's data */
static unsigned int num_units;

/* Requests read the units while the probe is being attached or detached. */
static DEFINE_MUTEX(units_lock);

struct search {
	const char *reason;
	int err;
};

static struct smmuv3_unit *new_unit(struct device *dev)
{
	struct platform_device *pdev = to_platform_device(dev);
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	struct smmuv3_unit *unit = res ? kzalloc(sizeof(*unit), GFP_KERNEL) : NULL;
	char name[32];

	if (!unit)
		return NULL;
	/* As in arm_smmu_device_probe(). */
	snprintf(name, sizeof(name), "smmu3.%pa", &res->start);
	unit->iommu = faultcast_iommu_add(FAULTCAST_IOMMU_TYPE_SMMUV3, name, res->start, 0);
	if (!unit->iommu) {
		kfree(unit);
		return NULL;
	}
	unit->driver = dev_get_drvdata(dev);
	unit->dev = get_device(dev);
	xa_init(&unit->streams);
	raw_spin_lock_init(&unit->lock);
	return unit;
}

/*
 * The mapping has the attributes of the driver's own: memory that is mapped both
 * cached and uncached is not coherent.
 */
static void *map_pages(struct smmuv3_unit *unit, phys_addr_t address, size_t size)
{
	unsigned int num = PAGE_ALIGN(size + offset_in_page(address)) >> PAGE_SHIFT, i;
	struct page **pages;
	void *mapped;

	if (dev_is_dma_coherent(unit->dev))
		return memremap(address, size, MEMREMAP_WB);
	/* memremap() refuses to map memory uncached. */
	pages = kvmalloc_array(num, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < num; i++)
		pages[i] = pfn_to_page(PHYS_PFN(address) + i);
	mapped = vmap(pages, num, VM_MAP, pgprot_dmacoherent(PAGE_KERNEL));
	kvfree(pages);
	unit->vmapped = mapped;
	return mapped ? mapped + offset_in_page(address) : NULL;
}

static const char *map_queue(struct smmuv3_unit *unit)
{
	u64 base = readq(unit->regs + SMMUV3_EVTQ_BASE);
	u32 log2 = SMMUV3_QUEUE_LOG2(base);
	phys_addr_t address = SMMUV3_QUEUE_ADDRESS(base);
	size_t size = SMMUV3_RECORD_LEN << log2;

	unit->flags = smmuv3_unit_flags(readl(unit->regs + SMMUV3_CR0),
					readl(unit->regs + SMMUV3_IRQ_CTRL));
	if (!address || log2 > SMMUV3_LOG2_MAX || !pfn_valid(PHYS_PFN(address)) ||
	    !pfn_valid(PHYS_PFN(address + size - 1)))
		return "the event queue of an SMMU is not in memory";
	unit->ring.entries = 1U << log2;
	unit->ring.step = 1;
	unit->ring.wraps = true;
	unit->queue = map_pages(unit, address, size);
	return unit->queue ? NULL : "the event queue of an SMMU cannot be mapped";
}

/* Returns why the unit cannot be observed, or NULL. */
static const char *map_unit(struct smmuv3_unit *unit)
{
	struct resource *res = platform_get_resource(to_platform_device(unit->dev),
						     IORESOURCE_MEM, 0);
	u32 prod = smmuv3_prod_offset(resource_size(res));
	const char *reason = "an SMMU is powered down";
	const void *first;

	/* The hooks get the address of this struct; its first member is "dev" (6.1 to 7.3). */
	if (!unit->driver || faultcast_hook_peek(unit->driver, 0, &first) || first != unit->dev)
		return "the data of the driver " SMMUV3_DRIVER " is not as expected";
	if (!prod)
		return "the registers of an SMMU are too small";
	unit->regs = ioremap(res->start, resource_size(res));
	if (!unit->regs)
		return "the registers of an SMMU cannot be mapped";
	unit->prod = unit->regs + prod;
	pm_runtime_get_noresume(unit->dev);
	if (!pm_runtime_enabled(unit->dev) || pm_runtime_active(unit->dev))
		reason = map_queue(unit);
	pm_runtime_put(unit->dev);
	return reason;
}

static int insert(struct smmuv3_unit *unit)
{
	struct smmuv3_unit **more = krealloc_array(units, num_units + 1, sizeof(*units),
						   GFP_KERNEL);
	unsigned int at = num_units;

	if (!more)
		return -ENOMEM;
	units = more;
	for (; at && units[at - 1]->driver > unit->driver; at--)
		units[at] = units[at - 1];
	units[at] = unit;
	num_units++;
	return 0;
}

static void free_unit(struct smmuv3_unit *unit)
{
	if (unit->vmapped)
		vunmap((void *)((unsigned long)unit->queue & PAGE_MASK));
	else if (unit->queue)
		memunmap((void *)unit->queue);
	if (unit->regs)
		iounmap(unit->regs);
	xa_destroy(&unit->streams);
	put_device(unit->dev);
	kfree(unit);
}

static int add_unit(struct device *dev, void *data)
{
	struct search *search = data;
	struct smmuv3_unit *unit;
	const char *reason;

	if (strcmp(dev_driver_string(dev), SMMUV3_DRIVER))
		return 0;
	unit = new_unit(dev);
	if (!unit)
		return -ENOMEM;
	reason = map_unit(unit);
	if (reason)
		search->reason = reason;
	search->err = insert(unit);
	if (search->err)
		free_unit(unit);
	return search->err;
}

static void unmap_all(void)
{
	while (num_units)
		free_unit(units[--num_units]);
	kfree(units);
	units = NULL;
}

int smmuv3_units_map(const char **reason)
{
	struct search search = { };
	unsigned int i;
	int err, usable = 0;

	mutex_lock(&units_lock);
	err = bus_for_each_dev(&platform_bus_type, NULL, &search, add_unit);
	if (!err && !num_units)
		err = -ENODEV;
	for (i = 0; i < num_units; i++)
		usable += !!units[i]->queue;
	if (err || !usable)
		unmap_all();
	mutex_unlock(&units_lock);
	*reason = search.reason;
	return err ?: usable;
}

void smmuv3_units_unmap(void)
{
	mutex_lock(&units_lock);
	unmap_all();
	mutex_unlock(&units_lock);
}

struct smmuv3_unit *smmuv3_units_find(const void *address)
{
	unsigned int low = 0, high = num_units;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (units[middle]->driver <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? units[low - 1] : NULL;
}

struct smmuv3_unit *smmuv3_units_get(unsigned int index)
{
	return index < num_units ? units[index] : NULL;
}

struct smmuv3_unit *smmuv3_units_by_fwnode(const struct fwnode_handle *fwnode)
{
	unsigned int i;

	for (i = 0; i < num_units; i++)
		if (dev_fwnode(units[i]->dev) == fwnode)
			return units[i];
	return NULL;
}

bool smmuv3_units_at(unsigned int index, struct faultcast_unit *unit)
{
	bool is;

	mutex_lock(&units_lock);
	is = index < num_units;
	if (is)
		*unit = (struct faultcast_unit) {
			.iommu = units[index]->iommu,
			.flags = units[index]->queue && !READ_ONCE(units[index]->gone) ?
				units[index]->flags : 0,
		};
	mutex_unlock(&units_lock);
	return is;
}

#endif /* CONFIG_ARM64 */
