/* SPDX-License-Identifier: GPL-2.0-only */
/* The AMD IOMMUs of the machine, with their registers and event logs mapped. */
#ifndef FAULTCAST_PROBE_AMD_UNITS_H
#define FAULTCAST_PROBE_AMD_UNITS_H

#include <linux/types.h>

struct amd_unit;
struct faultcast_unit;
struct task_struct;

/*
 * Maps every IOMMU in the ACPI table IVRS whose event log is on.  Process context.  Returns
 * 0; -ENODEV if there is no such table or no IOMMU in it; -ENOMEM, with nothing mapped.
 */
int amd_units_map(void);

/* Undoes amd_units_map().  None of the other functions may be running.  Process context. */
void amd_units_unmap(void);

/* Returns whether the event log of an IOMMU is on, so that something is mapped. */
bool amd_units_any_on(void);

/*
 * The unit of @driver, a struct amd_iommu; NULL if the table does not list that unit, or
 * if @driver cannot be read.  Any context, NMI-like included.
 */
struct amd_unit *amd_units_find(const void *driver);

/* The unit whose interrupt runs in @thread, as far as seen; NULL if none.  Any context. */
struct amd_unit *amd_units_of_thread(const struct task_struct *thread);

/* The logs begin anew, because the driver sets HEAD and TAIL to 0.  No look is under way. */
void amd_units_restart(void);

/* Returns whether the driver has taken records of a unit that were not seen before. */
bool amd_units_missed(void);

/*
 * Describes unit number @index as its registers are now; false after the last one.
 * Process context.
 */
bool amd_units_at(unsigned int index, struct faultcast_unit *unit);

#endif /* FAULTCAST_PROBE_AMD_UNITS_H */
