// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe on pci_uevent_ers(), which the kernel calls for each device at each step
 * of its recovery from an error (Documentation/PCI/pci-error-recovery.rst).  A device
 * may be told that its recovery has begun and never that it has ended: see
 * docs/internals.md.
 */
#include <linux/build_bug.h>
#include <linux/pci.h>

#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "pcie_decode.h"
#include "ports.h"
#include "probe.h"

static_assert((__force u32)PCI_ERS_RESULT_NONE == PCIE_ERS_NONE);
static_assert((__force u32)PCI_ERS_RESULT_CAN_RECOVER == PCIE_ERS_CAN_RECOVER);
static_assert((__force u32)PCI_ERS_RESULT_NEED_RESET == PCIE_ERS_NEED_RESET);
static_assert((__force u32)PCI_ERS_RESULT_DISCONNECT == PCIE_ERS_DISCONNECT);
static_assert((__force u32)PCI_ERS_RESULT_RECOVERED == PCIE_ERS_RECOVERED);
static_assert((__force u32)PCI_ERS_RESULT_NO_AER_DRIVER == PCIE_ERS_NO_AER_DRIVER);

/* void pci_uevent_ers(struct pci_dev *pdev, enum pci_ers_result err_type) */
static void on_step(struct ftrace_regs *args)
{
	const struct pci_dev *pdev = (void *)faultcast_hook_arg(args, 0);
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_dev(&pdev->dev),
		.kind = FAULTCAST_KIND_RECOVERY,
		.recovery = pcie_decode_recovery(faultcast_hook_arg(args, 1)),
	};

	faultcast_raise(&ev);
}

static struct faultcast_entry entry = { .function = "pci_uevent_ers", .handler = on_step };

static int attach(struct faultcast_probe *probe)
{
	int err = faultcast_hook_entry(probe, &entry);

	probe->exact = !err;
	return err;
}

static void detach(void)
{
	faultcast_hook_remove_entry(&entry);
}

static const char *dormant(void)
{
	return faultcast_ports_have("aer") || faultcast_ports_have("dpc") ||
	       faultcast_ports_have_edr() || faultcast_ports_firmware() ? NULL :
		"neither the kernel nor firmware handles errors of any port (AER, DPC)";
}

struct faultcast_probe faultcast_probe_recovery = {
	.name = "recovery",
	.attach = attach,
	.detach = detach,
	.dormant = dormant,
};
