/* SPDX-License-Identifier: GPL-2.0-only */
/* The VT-d units of the machine, with their registers mapped. */
#ifndef FAULTCAST_PROBE_VTD_UNITS_H
#define FAULTCAST_PROBE_VTD_UNITS_H

#include <linux/types.h>

struct faultcast_unit;
struct vtd_unit;

/*
 * Maps the registers of every unit in the ACPI DMAR table (VT-d 8.1).  Process
 * context.  Returns 0; -ENODEV if there is no such table; -ENOMEM, with nothing
 * mapped.
 */
int vtd_units_map(void);

/* Undoes vtd_units_map().  vtd_units_find() may not be running.  Process context. */
void vtd_units_unmap(void);

/* Returns whether a unit translates addresses or remaps interrupts. */
bool vtd_units_any_on(void);

/*
 * The unit of @iommu, a struct intel_iommu; NULL if the DMAR table does not list that
 * unit.  Any context, NMI-like included.
 */
const struct vtd_unit *vtd_units_find(const void *iommu);

/*
 * Describes unit number @index as its registers are now; false after the last one.
 * Process context.
 */
bool vtd_units_at(unsigned int index, struct faultcast_unit *unit);

#endif /* FAULTCAST_PROBE_VTD_UNITS_H */
