// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps the registers and event logs of the AMD IOMMUs, and reads the state of a unit.
 * Writes no register.
 */
#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mem_encrypt.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "amd_decode.h"
#include "amd_ivrs.h"
#include "amd_log.h"
#include "amd_units.h"
#include "core/iommu.h"
#include "probe.h"

#if defined(CONFIG_AMD_IOMMU) && defined(CONFIG_X86_64)

#define MAX_UNITS	64
#define REGISTERS	0x4000	/* AMD IOMMU 3.4 */
#define DRIVER_WORDS	32	/* in these of struct amd_iommu is the address of the registers */

static struct amd_unit *units;
static unsigned int num_units;

/* Requests read the units while the probe is being attached or detached. */
static DEFINE_MUTEX(units_lock);

static void unmap_all(void)
{
	while (num_units) {
		struct amd_unit *unit = &units[--num_units];

		memunmap((void *)unit->log);
		iounmap(unit->reg);
	}
	kfree(units);
	units = NULL;
}

static int copy_name(struct device *dev, void *name)
{
	if (strncmp(dev_name(dev), "ivhd", 4))
		return 0;
	strscpy(name, dev_name(dev), FAULTCAST_NAME_LEN);
	return 1;
}

/*
 * The IOMMU's name is that of a child of its PCI function.  Without that function the name
 * is made up as the driver does: the driver counts the IOMMUs in the order of the table.
 */
static void name_unit(const struct amd_ivhd *ivhd, unsigned int number, char *name)
{
	struct pci_dev *pdev = pci_get_domain_bus_and_slot(ivhd->segment, PCI_BUS_NUM(ivhd->bdf),
							   ivhd->bdf & 0xff);

	if (!pdev || !device_for_each_child(&pdev->dev, name, copy_name))
		snprintf(name, FAULTCAST_NAME_LEN, "ivhd%u", number);
	pci_dev_put(pdev);
}

/*
 * The driver remaps the interrupts of all devices or of none, so that the first entries of
 * the device table tell (AMD IOMMU 2.2.2.1).
 */
static bool remaps_interrupts(const struct amd_unit *unit)
{
	u64 address = __sme_clr(amd_table_address(readq(unit->reg + AMD_DEV_TABLE)));
	const u64 *table = memremap(address, PAGE_SIZE, MEMREMAP_WB);
	bool is = false;
	unsigned int i;

	for (i = 0; table && i < PAGE_SIZE / AMD_DTE_LEN; i++)
		is |= amd_dte_remaps_interrupts(table + i * (AMD_DTE_LEN / sizeof(u64)));
	memunmap((void *)table);
	return is;
}

/* Returns 1 if the unit's event log is off. */
static int map_log(struct amd_unit *unit)
{
	u64 base = readq(unit->reg + AMD_EVT_BASE);
	u32 entries = amd_evt_entries(base);

	if (!amd_unit_flags(readq(unit->reg + AMD_CONTROL), false) || !entries)
		return 1;
	amd_log_begin(unit, entries);
	unit->log = memremap(__sme_clr(amd_table_address(base)), entries * AMD_EVT_LEN,
			     MEMREMAP_WB);
	return unit->log ? 0 : -ENOMEM;
}

static int map_unit(const struct amd_ivhd *ivhd, unsigned int number)
{
	struct amd_unit *unit = &units[num_units];
	char name[FAULTCAST_NAME_LEN];
	int err;

	unit->reg = ioremap(ivhd->address, REGISTERS);
	if (!unit->reg)
		return -ENOMEM;
	err = map_log(unit);
	if (err) {
		iounmap(unit->reg);
		return err < 0 ? err : 0;
	}
	raw_spin_lock_init(&unit->lock);
	name_unit(ivhd, number, name);
	unit->interrupts = remaps_interrupts(unit);
	unit->iommu = faultcast_iommu_add(FAULTCAST_IOMMU_TYPE_AMD, name, ivhd->address,
					  ivhd->segment);
	num_units++;	/* so that unmap_all() undoes this one too */
	return unit->iommu ? 0 : -ENOMEM;
}

static int map_all(const struct acpi_table_header *table)
{
	struct amd_ivhd *found = kcalloc(MAX_UNITS, sizeof(*found), GFP_KERNEL);
	unsigned int i, num = 0;
	int err = -ENOMEM;

	units = kcalloc(MAX_UNITS, sizeof(*units), GFP_KERNEL);
	if (units && found) {
		num = amd_ivrs_read(table, table->length, found, MAX_UNITS);
		err = num ? 0 : -ENODEV;
	}
	for (i = 0; i < num && !err; i++)
		err = map_unit(&found[i], i);
	kfree(found);
	return err;
}

int amd_units_map(void)
{
	struct acpi_table_header *table;
	int err;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_IVRS, 0, &table)))
		return -ENODEV;
	mutex_lock(&units_lock);
	err = map_all(table);
	if (err)
		unmap_all();
	mutex_unlock(&units_lock);
	acpi_put_table(table);
	return err;
}

void amd_units_unmap(void)
{
	mutex_lock(&units_lock);
	unmap_all();
	mutex_unlock(&units_lock);
}

bool amd_units_any_on(void)
{
	return num_units;
}

/* The struct is private.  One of its first members is the address of the registers. */
static struct amd_unit *find_new(const void *driver)
{
	u64 words[DRIVER_WORDS];
	unsigned int i, word;

	if (copy_from_kernel_nofault(words, driver, sizeof(words)))
		return NULL;
	for (i = 0; i < num_units; i++)
		for (word = 0; word < DRIVER_WORDS; word++)
			if (words[word] == units[i].iommu->address)
				return &units[i];
	return NULL;
}

struct amd_unit *amd_units_find(const void *driver)
{
	struct amd_unit *unit;
	unsigned int i;

	for (i = 0; i < num_units; i++)
		if (READ_ONCE(units[i].driver) == driver)
			return &units[i];
	unit = find_new(driver);
	if (unit)
		WRITE_ONCE(unit->driver, driver);
	return unit;
}

struct amd_unit *amd_units_of_thread(const struct task_struct *thread)
{
	unsigned int i;

	for (i = 0; i < num_units; i++)
		if (READ_ONCE(units[i].thread) == thread)
			return &units[i];
	return NULL;
}

void amd_units_restart(void)
{
	unsigned int i;

	for (i = 0; i < num_units; i++)
		amd_log_begin(&units[i], units[i].ring.entries);
}

bool amd_units_missed(void)
{
	unsigned int i;

	for (i = 0; i < num_units; i++)
		if (READ_ONCE(units[i].ring.resumed))
			return true;
	return false;
}

bool amd_units_at(unsigned int index, struct faultcast_unit *unit)
{
	bool is;

	mutex_lock(&units_lock);
	is = index < num_units;
	if (is)
		*unit = (struct faultcast_unit) {
			.iommu = units[index].iommu,
			.flags = amd_unit_flags(readq(units[index].reg + AMD_CONTROL),
						units[index].interrupts),
		};
	mutex_unlock(&units_lock);
	return is;
}

#endif /* CONFIG_AMD_IOMMU && CONFIG_X86_64 */
