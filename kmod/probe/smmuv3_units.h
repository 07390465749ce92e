/* SPDX-License-Identifier: GPL-2.0-only */
/* The SMMUv3 units of this machine, and the devices behind each. */
#ifndef FAULTCAST_PROBE_SMMUV3_UNITS_H
#define FAULTCAST_PROBE_SMMUV3_UNITS_H

#include <linux/types.h>

#include "smmuv3_look.h"

struct faultcast_unit;
struct fwnode_handle;

/*
 * Finds the units whose driver is bound, and maps their registers and event queues.
 * Registers of a unit that may be powered down are not read.  Process context.
 * Returns how many units can be observed, and sets @reason if one cannot; or -ENODEV
 * if there is no unit.
 */
int smmuv3_units_map(const char **reason);

/* Undoes that.  No hook may run any more.  Process context. */
void smmuv3_units_unmap(void);

/*
 * The unit whose arm_smmu_device begins last at or below @address, which is a part of
 * it; NULL if there is none.  Any context.
 */
struct smmuv3_unit *smmuv3_units_find(const void *address);

/* Unit number @index; NULL after the last one.  While the units are mapped. */
struct smmuv3_unit *smmuv3_units_get(unsigned int index);

/* The unit with @fwnode, or NULL.  While the units are mapped. */
struct smmuv3_unit *smmuv3_units_by_fwnode(const struct fwnode_handle *fwnode);

/* For struct faultcast_probe. */
bool smmuv3_units_at(unsigned int index, struct faultcast_unit *unit);

/*
 * Follows which stream ids belong to which device.  Process context.  Returns 0 or a
 * negative errno.
 */
int smmuv3_streams_start(void);
void smmuv3_streams_stop(void);

/* Whether an SMMU got its driver after smmuv3_streams_start(), so that it is not observed. */
bool smmuv3_streams_late(void);

#define SMMUV3_DRIVER	"arm-smmu-v3"

#endif /* FAULTCAST_PROBE_SMMUV3_UNITS_H */
