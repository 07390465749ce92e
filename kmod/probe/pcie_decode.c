// SPDX-License-Identifier: GPL-2.0-only
/* Decodes what the drivers of PCIe ports handle. */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>

#include "pcie_decode.h"
#include "uapi/faultcast.h"

/* PCI_EXP_DPC_STATUS_TRIGGER_RSN and _RSN_EXT, which extends reason 3. */
#define DPC_REASON(status)	((status) >> 1 & 3)
#define DPC_EXTENSION(status)	((status) >> 5 & 3)
#define DPC_IN_EXTENSION	3

u8 pcie_decode_dpc(u16 status)
{
	static const u8 reasons[] = { FAULTCAST_DPC_UNCORRECTABLE, FAULTCAST_DPC_NONFATAL,
				      FAULTCAST_DPC_FATAL };
	static const u8 extensions[] = { FAULTCAST_DPC_RP_PIO, FAULTCAST_DPC_SOFTWARE,
					 FAULTCAST_DPC_OTHER, FAULTCAST_DPC_OTHER };

	if (DPC_REASON(status) == DPC_IN_EXTENSION)
		return extensions[DPC_EXTENSION(status)];
	return reasons[DPC_REASON(status)];
}

bool pcie_decode_dpc_has_source(u16 status)
{
	u8 dpc = pcie_decode_dpc(status);

	return dpc == FAULTCAST_DPC_NONFATAL || dpc == FAULTCAST_DPC_FATAL;
}

u8 pcie_decode_recovery(u32 result)
{
	switch (result) {
	case PCIE_ERS_NONE:
	case PCIE_ERS_CAN_RECOVER:
	case PCIE_ERS_NEED_RESET:
	/* The device has no driver that could take part.  A failure follows. */
	case PCIE_ERS_NO_AER_DRIVER:
		return FAULTCAST_RECOVERY_BEGUN;
	case PCIE_ERS_RECOVERED:
		return FAULTCAST_RECOVERY_RECOVERED;
	case PCIE_ERS_DISCONNECT:
		return FAULTCAST_RECOVERY_FAILED;
	default:
		return FAULTCAST_RECOVERY_OTHER;
	}
}

unsigned int pcie_decode_off(u32 events, u8 changes[2])
{
	unsigned int n = 0;

	if (events & PCI_EXP_SLTSTA_DLLSC)
		changes[n++] = FAULTCAST_HOTPLUG_LINK_DOWN;
	if (events & PCI_EXP_SLTSTA_PDC)
		changes[n++] = FAULTCAST_HOTPLUG_CARD_NOT_PRESENT;
	return n;
}

unsigned int pcie_decode_on(bool present, bool link_active, u8 changes[2])
{
	unsigned int n = 0;

	if (present)
		changes[n++] = FAULTCAST_HOTPLUG_CARD_PRESENT;
	if (link_active)
		changes[n++] = FAULTCAST_HOTPLUG_LINK_UP;
	return n;
}
