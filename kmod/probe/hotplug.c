// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes on pci:pci_hp_event and pci:pcie_link_event, which are new in 7.0.  The
 * first reports that the card or link of a physical slot came or went, the second
 * that a link has another speed or width.  Both name the port.  Before 7.0, pciehp.c
 * takes the place of the first.
 */
#include <linux/pci.h>
#include <linux/tracepoint.h>

#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "pciehp.h"
#include "ports.h"
#include "probe.h"

/* A callback is attached only if the kernel's header declares the callback's type. */
#ifdef HAVE_PCI_TRACEPOINTS
#include <trace/events/pci.h>
#define CHECKED(probe)	(probe)
#else
#define CHECKED(probe)	NULL
#endif

static struct tracepoint *hotplug_tracepoint, *link_tracepoint;

static void on_hotplug(void *unused, const char *port_name, const char *slot_name, const int event)
{
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_name("hotplug", port_name),
		.kind = FAULTCAST_KIND_HOTPLUG,
		.hotplug = event >= 0 && event < FAULTCAST_HOTPLUG_OTHER ?
			event : FAULTCAST_HOTPLUG_OTHER,
	};

	faultcast_raise(&ev);
}

static void on_link(void *unused, struct pci_bus *bus, unsigned int reason, unsigned int width,
		    unsigned int status)
{
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_dev(bus->self ? &bus->self->dev : NULL),
		.kind = FAULTCAST_KIND_LINK,
		.link_reason = reason,
		.link_speed = bus->cur_bus_speed,
		.link_width = width,
		.link_status = status,
	};

	faultcast_raise(&ev);
}

static int attach_hotplug(struct faultcast_probe *probe)
{
	int err;

#ifdef HAVE_PCI_TRACEPOINTS
	check_trace_callback_type_pci_hp_event(on_hotplug);
#endif
	err = faultcast_hook_tracepoint(probe, "pci:pci_hp_event", CHECKED(on_hotplug),
					&hotplug_tracepoint);
	if (err != -ENOENT)
		return err;
	return pciehp_attach(probe);
}

static void detach_hotplug(void)
{
	if (hotplug_tracepoint)
		tracepoint_probe_unregister(hotplug_tracepoint, on_hotplug, NULL);
	else
		pciehp_detach();
}

static u64 hotplug_nmissed(void)
{
	return hotplug_tracepoint ? 0 : pciehp_nmissed();
}

static const char *hotplug_dormant(void)
{
	return faultcast_ports_have("pciehp") ? NULL :
		"no port has hotplug that the kernel handles (driver pciehp)";
}

static const char *link_dormant(void)
{
	return faultcast_ports_have(NULL) ? NULL : "no PCIe port";
}

static int attach_link(struct faultcast_probe *probe)
{
#ifdef HAVE_PCI_TRACEPOINTS
	check_trace_callback_type_pcie_link_event(on_link);
#endif
	return faultcast_hook_tracepoint(probe, "pci:pcie_link_event", CHECKED(on_link),
						  &link_tracepoint);
}

static void detach_link(void)
{
	tracepoint_probe_unregister(link_tracepoint, on_link, NULL);
}

struct faultcast_probe faultcast_probe_hotplug = {
	.name = "hotplug",
	.attach = attach_hotplug,
	.detach = detach_hotplug,
	.nmissed = hotplug_nmissed,
	.dormant = hotplug_dormant,
};

struct faultcast_probe faultcast_probe_link = {
	.name = "link",
	.attach = attach_link,
	.detach = detach_link,
	.dormant = link_dormant,
};
