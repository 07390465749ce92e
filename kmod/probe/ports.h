/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCIe ports of the machine, and the drivers of their services. */
#ifndef FAULTCAST_PROBE_PORTS_H
#define FAULTCAST_PROBE_PORTS_H

#include <linux/types.h>

/*
 * Returns whether a service of a PCIe port or of a root complex event collector is
 * bound to the port service driver @driver, such as "aer" or "pciehp"; NULL: whether
 * the machine has such a port.  Walks the bus.  Process context.
 */
bool faultcast_ports_have(const char *driver);

#endif /* FAULTCAST_PROBE_PORTS_H */
