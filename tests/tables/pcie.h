/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register contents and results that the drivers of PCIe ports handle, with their meaning:
 * the register DPC Status (PCIe 6.0 7.9.14.4), results of pci_uevent_ers(), and changes
 * of a slot (7.5.3.11).
 * tests/unit/kmod/pcie_decode.c and tests/vm/selftest/ports.c run these cases. The
 * including file provides kmod/probe/pcie_decode.h.
 */
#ifndef FAULTCAST_TABLES_PCIE_H
#define FAULTCAST_TABLES_PCIE_H

#define TRIGGER(reason, extension) (1 | (reason) << 1 | (extension) << 5)

static const struct dpc_status {
	const char *what;
	u16 status;
	u8 want; /* enum faultcast_dpc */
	bool source;
} dpc_statuses[] = {
	{ "an uncorrectable error", TRIGGER(0, 0), FAULTCAST_DPC_UNCORRECTABLE, false },
	{ "no extension without reason 3", TRIGGER(0, 3), FAULTCAST_DPC_UNCORRECTABLE, false },
	{ "ERR_NONFATAL", TRIGGER(1, 0), FAULTCAST_DPC_NONFATAL, true },
	{ "ERR_NONFATAL, extension", TRIGGER(1, 1), FAULTCAST_DPC_NONFATAL, true },
	{ "ERR_FATAL", TRIGGER(2, 0), FAULTCAST_DPC_FATAL, true },
	{ "ERR_FATAL, all other bits", 0xfffd, FAULTCAST_DPC_FATAL, true },
	{ "RP PIO", TRIGGER(3, 0), FAULTCAST_DPC_RP_PIO, false },
	{ "RP PIO, all other bits", 0xff9f, FAULTCAST_DPC_RP_PIO, false },
	{ "software", TRIGGER(3, 1), FAULTCAST_DPC_SOFTWARE, false },
	{ "reserved 2", TRIGGER(3, 2), FAULTCAST_DPC_OTHER, false },
	{ "reserved 3", TRIGGER(3, 3), FAULTCAST_DPC_OTHER, false },
	{ "no answer", 0xffff, FAULTCAST_DPC_OTHER, false },
	{ "nothing", 0, FAULTCAST_DPC_UNCORRECTABLE, false },
};

static const struct ers_result {
	const char *what;
	u32 result;
	u8 want; /* enum faultcast_recovery */
} ers_results[] = {
	{ "none", PCIE_ERS_NONE, FAULTCAST_RECOVERY_BEGUN },
	{ "can recover", PCIE_ERS_CAN_RECOVER, FAULTCAST_RECOVERY_BEGUN },
	{ "need reset", PCIE_ERS_NEED_RESET, FAULTCAST_RECOVERY_BEGUN },
	{ "disconnect", PCIE_ERS_DISCONNECT, FAULTCAST_RECOVERY_FAILED },
	{ "recovered", PCIE_ERS_RECOVERED, FAULTCAST_RECOVERY_RECOVERED },
	{ "no driver", PCIE_ERS_NO_AER_DRIVER, FAULTCAST_RECOVERY_BEGUN },
	{ "0", 0, FAULTCAST_RECOVERY_OTHER },
	{ "a result of a later kernel", PCIE_ERS_NO_AER_DRIVER + 1, FAULTCAST_RECOVERY_OTHER },
	{ "the largest", 0xffffffff, FAULTCAST_RECOVERY_OTHER },
};

#define PDC 0x0008   /* Slot Status: Presence Detect Changed */
#define DLLSC 0x0100 /* Slot Status: Data Link Layer State Changed */

#define UP FAULTCAST_HOTPLUG_LINK_UP
#define DOWN FAULTCAST_HOTPLUG_LINK_DOWN
#define CARD FAULTCAST_HOTPLUG_CARD_PRESENT
#define GONE FAULTCAST_HOTPLUG_CARD_NOT_PRESENT

/* A change of a slot, and what the tracepoint pci:pci_hp_event reports, in its order. */
static const struct slot_change {
	const char *what;
	u32 events;
	bool on, present, active;
	unsigned int num;
	u8 want[4];
} slot_changes[] = {
	{ "a card comes", PDC, false, true, false, 1, { CARD } },
	{ "a card comes, with its link", PDC | DLLSC, false, true, true, 2, { CARD, UP } },
	{ "a link comes up", DLLSC, false, false, true, 1, { UP } },
	{ "a card has come and gone", PDC | DLLSC, false, false, false, 0, {} },
	{ "a card goes", PDC, true, false, false, 1, { GONE } },
	{ "a card goes, with its link", PDC | DLLSC, true, false, false, 2, { DOWN, GONE } },
	{ "a link goes down", DLLSC, true, true, false, 2, { DOWN, CARD } },
	{ "a link flaps", DLLSC, true, true, true, 3, { DOWN, CARD, UP } },
	{ "a card is swapped", PDC | DLLSC, true, true, true, 4, { DOWN, GONE, CARD, UP } },
	{ "other events say nothing", 0xffffffff & ~(PDC | DLLSC), true, false, false, 0, {} },
};

#endif /* FAULTCAST_TABLES_PCIE_H */
