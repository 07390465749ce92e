// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe on dpc_process_error(), which the kernel calls for each containment by
 * Downstream Port Containment (PCIe 6.0 6.2.11), in an interrupt thread or, if
 * firmware reports the containment (EDR), in a workqueue.  The arguments tell only the
 * port.  The probe therefore reads two registers of the port, as the function itself
 * does next.  No other probe reads registers of a device.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "compat.h"
#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "pcie_decode.h"
#include "ports.h"
#include "probe.h"

#ifdef CONFIG_PCIE_DPC

/*
 * Config accesses take raw spinlocks only, and so may be made with preemption
 * disabled.  The exception is VMD: before 6.15 its lock sleeps on PREEMPT_RT.
 */
static bool may_read(struct pci_dev *port)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && faultcast_vmd_of(port->bus))
		return false;
	return port->dpc_cap && in_task() && !irqs_disabled();
}

/*
 * Sets @source to the requester that sent the error message.  Returns false if no
 * device below @port did.
 */
static bool read_source(struct pci_dev *port, u16 *source)
{
	const struct pci_bus *below = port->subordinate;

	if (!below ||
	    pci_read_config_word(port, port->dpc_cap + PCI_EXP_DPC_SOURCE_ID, source))
		return false;
	return PCI_BUS_NUM(*source) >= below->busn_res.start &&
	       PCI_BUS_NUM(*source) <= below->busn_res.end;
}

static void raise(u32 segment, u16 bdf, struct faultcast_event ev)
{
	ev.kind = FAULTCAST_KIND_DPC;
	ev.slot = faultcast_slot_claim_pci(segment, bdf);
	faultcast_raise(&ev);
}

/* void dpc_process_error(struct pci_dev *pdev) */
static void on_containment(struct ftrace_regs *args)
{
	struct pci_dev *port = (void *)faultcast_hook_arg(args, 0);
	u32 segment = pci_domain_nr(port->bus);
	u16 bdf = pci_dev_id(port), source;
	struct faultcast_event ev = { .dpc = FAULTCAST_DPC_OTHER, .related_segment = segment };

	if (may_read(port)) {
		/* A port that does not answer reads as all ones. */
		pci_read_config_word(port, port->dpc_cap + PCI_EXP_DPC_STATUS, &ev.dpc_status);
		ev.dpc = pcie_decode_dpc(ev.dpc_status);
	}
	if (!pcie_decode_dpc_has_source(ev.dpc_status) || !read_source(port, &source)) {
		raise(segment, bdf, ev);
		return;
	}
	ev.has = FAULTCAST_HAS_RELATED;
	ev.related_bdf = source;
	raise(segment, bdf, ev);
	ev.related_bdf = bdf;
	raise(segment, source, ev);
}

static struct faultcast_entry entry = {
	.function = "dpc_process_error",
	.handler = on_containment,
};

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
	return faultcast_ports_have("dpc") || faultcast_ports_have_edr() ? NULL :
		"no port has containment that the kernel (driver dpc) or firmware (EDR) handles";
}

static const char *impairment(void)
{
	return faultcast_ports_have_edr() ?
		"firmware reports containments of some ports (EDR), as it chooses" : NULL;
}

#else

static int attach(struct faultcast_probe *probe)
{
	strscpy(probe->reason, "not in this kernel: needs PCIE_DPC", sizeof(probe->reason));
	return -EOPNOTSUPP;
}

static void detach(void)
{
}

static const char *dormant(void)
{
	return NULL;
}

static const char *impairment(void)
{
	return NULL;
}

#endif

struct faultcast_probe faultcast_probe_dpc = {
	.name = "dpc",
	.attach = attach,
	.detach = detach,
	.dormant = dormant,
	.impairment = impairment,
};
