/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared between the probes amd and iommu, which could see the same fault. */
#ifndef FAULTCAST_PROBE_AMD_H
#define FAULTCAST_PROBE_AMD_H

#include <linux/types.h>

/*
 * Returns whether the probe amd reads the event logs, so that it has seen every fault that
 * AMD's driver reports in another way too.  Stays true when the probe is detached.  Any
 * context.
 */
bool faultcast_amd_observes(void);

#endif /* FAULTCAST_PROBE_AMD_H */
