// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the VT-d units in the ACPI DMAR table, maps their registers, and reads the
 * state of a unit.  Writes no register.
 */
#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core/iommu.h"
#include "probe.h"
#include "vtd_decode.h"
#include "vtd_units.h"
#include "vtd_walk.h"

#ifdef CONFIG_DMAR_TABLE

static struct vtd_unit *units;
static unsigned int num_units;

/* Requests read the units while the probe is being attached or detached. */
static DEFINE_MUTEX(units_lock);

static void unmap_all(void)
{
	while (num_units)
		iounmap(units[--num_units].reg);
	kfree(units);
	units = NULL;
}

/* The kernel numbers the units in the order of the table (alloc_iommu(), 6.1 to 7.3). */
static struct faultcast_iommu *add_iommu(const struct acpi_dmar_hardware_unit *drhd)
{
	char name[16];

	snprintf(name, sizeof(name), "dmar%u", num_units);
	return faultcast_iommu_add(FAULTCAST_IOMMU_TYPE_VTD, name, drhd->address, drhd->segment);
}

static int map_unit(const struct acpi_dmar_hardware_unit *drhd)
{
	struct vtd_unit *unit;
	size_t len = PAGE_SIZE, need;
	u64 cap;

	/* As in dmar_validate_one_drhd(): some firmware lists units that do not exist. */
	if (!drhd->address)
		return 0;
	unit = krealloc_array(units, num_units + 1, sizeof(*unit), GFP_KERNEL);
	if (!unit)
		return -ENOMEM;
	units = unit;
	unit += num_units;
	unit->reg = ioremap(drhd->address, len);
	if (!unit->reg)
		return -ENOMEM;
	cap = readq(unit->reg + VTD_CAP);
	if (cap == ~0ULL) {
		iounmap(unit->reg);
		return 0;
	}
	unit->fro = vtd_cap_fro(cap);
	unit->nfr = vtd_cap_nfr(cap);
	need = PAGE_ALIGN(unit->fro + unit->nfr * VTD_FRCD_LEN);
	if (need > len) {
		iounmap(unit->reg);
		unit->reg = ioremap(drhd->address, need);
		if (!unit->reg)
			return -ENOMEM;
	}
	unit->iommu = add_iommu(drhd);
	if (!unit->iommu) {
		iounmap(unit->reg);
		return -ENOMEM;
	}
	num_units++;
	return 0;
}

static int map_all(const struct acpi_table_header *table)
{
	const void *at = (const void *)table + sizeof(struct acpi_table_dmar);
	const void *end = (const void *)table + table->length;

	while (at + sizeof(struct acpi_dmar_header) <= end) {
		const struct acpi_dmar_header *header = at;
		int err;

		if (header->length < sizeof(*header) || at + header->length > end)
			break;
		err = header->type == ACPI_DMAR_TYPE_HARDWARE_UNIT ? map_unit(at) : 0;
		if (err)
			return err;
		at += header->length;
	}
	return 0;
}

int vtd_units_map(void)
{
	struct acpi_table_header *table;
	int err;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_DMAR, 0, &table)))
		return -ENODEV;
	mutex_lock(&units_lock);
	err = map_all(table);
	if (err)
		unmap_all();
	mutex_unlock(&units_lock);
	acpi_put_table(table);
	return err;
}

void vtd_units_unmap(void)
{
	mutex_lock(&units_lock);
	unmap_all();
	mutex_unlock(&units_lock);
}

bool vtd_units_any_on(void)
{
	unsigned int i;

	for (i = 0; i < num_units; i++)
		if (readl(units[i].reg + VTD_GSTS) & (VTD_GSTS_TES | VTD_GSTS_IRES))
			return true;
	return false;
}

/*
 * From 5.10 to 7.3, struct intel_iommu begins with the virtual and the physical
 * address of the unit's registers.  The rest of the struct is private.
 */
const struct vtd_unit *vtd_units_find(const void *iommu)
{
	u64 head[2];
	unsigned int i;

	if (copy_from_kernel_nofault(head, iommu, sizeof(head)))
		return NULL;
	for (i = 0; i < num_units; i++)
		if (units[i].iommu->address == head[1])
			return &units[i];
	return NULL;
}

bool vtd_units_at(unsigned int index, struct faultcast_unit *unit)
{
	bool is;

	mutex_lock(&units_lock);
	is = index < num_units;
	if (is)
		*unit = (struct faultcast_unit) {
			.iommu = units[index].iommu,
			.flags = vtd_unit_flags(readl(units[index].reg + VTD_GSTS),
						readl(units[index].reg + VTD_FECTL)),
		};
	mutex_unlock(&units_lock);
	return is;
}

#else /* no VT-d in this kernel */

bool vtd_units_at(unsigned int index, struct faultcast_unit *unit)
{
	return false;
}

#endif
