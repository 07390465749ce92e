/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCIe ports of the machine, and who handles their errors: drivers or firmware. */
#ifndef FAULTCAST_PROBE_PORTS_H
#define FAULTCAST_PROBE_PORTS_H

#include <linux/types.h>

/*
 * Returns whether a service of a PCIe port or of a root complex event collector is
 * bound to the port service driver @driver, such as "aer" or "pciehp"; NULL: whether
 * the machine has such a port.  Walks the bus.  Process context.
 */
bool faultcast_ports_have(const char *driver);

/*
 * Returns whether firmware contains errors of a port (DPC) and reports this to the
 * kernel as ACPI Error Disconnect Recover.  Walks the bus.  Process context.
 */
bool faultcast_ports_have_edr(void);

/* Returns whether firmware can report errors of PCIe devices (ACPI GHES).  Process context. */
bool faultcast_ports_firmware(void);

#endif /* FAULTCAST_PROBE_PORTS_H */
