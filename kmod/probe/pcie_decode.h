/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decodes what the drivers of PCIe ports handle.  Pure functions, which run in any
 * context and in user space.
 */
#ifndef FAULTCAST_PROBE_PCIE_DECODE_H
#define FAULTCAST_PROBE_PCIE_DECODE_H

#include <linux/types.h>

/* The results that pci_uevent_ers() gets: enum pci_ers_result of linux/pci.h. */
enum pcie_ers_result {
	PCIE_ERS_NONE = 1,
	PCIE_ERS_CAN_RECOVER,
	PCIE_ERS_NEED_RESET,
	PCIE_ERS_DISCONNECT,
	PCIE_ERS_RECOVERED,
	PCIE_ERS_NO_AER_DRIVER,
};

/*
 * Returns the enum faultcast_dpc of @status, the register DPC Status (PCIe 6.0
 * 7.9.14.4).  All ones means that the port did not answer.
 */
u8 pcie_decode_dpc(u16 status);

/* Whether the register DPC Error Source ID is valid (PCIe 6.0 7.9.14.5). */
bool pcie_decode_dpc_has_source(u16 status);

/* Returns the enum faultcast_recovery of @result, an enum pcie_ers_result. */
u8 pcie_decode_recovery(u32 result);

/*
 * Both write changes of a physical slot, as enum faultcast_hotplug, to @changes and
 * return their number.  pcie_decode_off(): the slot was on, and the bits @events of
 * the register Slot Status turn it off.  pcie_decode_on(): the slot is off, and is
 * turned on if it has a card or if its link is active.
 */
unsigned int pcie_decode_off(u32 events, u8 changes[2]);
unsigned int pcie_decode_on(bool present, bool link_active, u8 changes[2]);

#endif /* FAULTCAST_PROBE_PCIE_DECODE_H */
