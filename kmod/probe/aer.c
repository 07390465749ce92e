// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe on the tracepoint ras:aer_event, which the PCIe AER driver fires from
 * its interrupt thread, and for errors that firmware reports (GHES) from a workqueue.
 * The tracepoint passes the device's name and no pointer to the device.
 */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <ras/ras_event.h>

#include "aer_pair.h"
#include "compat.h"
#include "core/event.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "ports.h"
#include "probe.h"

static struct tracepoint *tracepoint;

/* "PCIe" or "CXL"; NULL: the kernel does not tell. */
static u8 decode_bus(const char *type)
{
	if (type && !strcmp(type, "PCIe"))
		return FAULTCAST_BUS_PCIE;
	return type && !strcmp(type, "CXL") ? FAULTCAST_BUS_CXL : FAULTCAST_BUS_UNKNOWN;
}

static void on_aer(const char *name, u32 status, u8 severity, bool tlp_valid, const void *tlp,
		   const char *bus_type)
{
	struct faultcast_event ev = {
		.slot = faultcast_slot_claim_name("aer", name),
		.kind = FAULTCAST_KIND_AER,
		/* A severity that a later kernel adds is counted as the last known one. */
		.severity = min_t(u8, severity, FAULTCAST_SEVERITY_MAX),
		.aer_status = status,
		.bus = decode_bus(bus_type),
	};
	const struct aer_report report = {
		.task = current,
		.frame = (unsigned long)__builtin_frame_address(0),
		.slot = ev.slot,
		.status = status,
		.severity = ev.severity,
	};

	if (aer_pair_is_second(&report))
		return;
	if (tlp_valid && tlp) {
		memcpy(ev.tlp, tlp, sizeof(ev.tlp));
		ev.has |= FAULTCAST_HAS_TLP;
	}
	faultcast_raise(&ev);
}

/* In all versions, @tlp begins with the four dwords of the TLP header. */
static void __maybe_unused probe_regs(void *unused, const char *name, const u32 status,
				      const u8 severity, const u8 tlp_valid,
				      struct aer_header_log_regs *tlp)
{
	on_aer(name, status, severity, tlp_valid, tlp, NULL);
}

static void __maybe_unused probe_log(void *unused, const char *name, const u32 status,
				     const u8 severity, const u8 tlp_valid,
				     struct pcie_tlp_log *tlp)
{
	on_aer(name, status, severity, tlp_valid, tlp, NULL);
}

static void __maybe_unused probe_bus(void *unused, const char *name, const u32 status,
				     const u8 severity, const u8 tlp_valid,
				     struct pcie_tlp_log *tlp, const char *bus_type)
{
	on_aer(name, status, severity, tlp_valid, tlp, bus_type);
}

#define PROBE FAULTCAST_AER_PROBE(probe_regs, probe_log, probe_bus)

static int attach(struct faultcast_probe *probe)
{
	check_trace_callback_type_aer_event(PROBE);
	return faultcast_hook_tracepoint(probe, "ras:aer_event", PROBE, &tracepoint);
}

/* pci=noaer, or firmware that keeps AER for itself (_OSC), leaves no port to the driver. */
static bool kernel_reports(void)
{
	return faultcast_ports_have("aer");
}

static const char *dormant(void)
{
	return kernel_reports() || faultcast_ports_firmware() ? NULL :
		"neither the kernel (driver aer) nor firmware (GHES) reports errors of any port";
}

static const char *impairment(void)
{
	return kernel_reports() ? NULL : "only firmware reports errors (GHES), as it chooses";
}

static void detach(void)
{
	tracepoint_probe_unregister(tracepoint, PROBE, NULL);
}

struct faultcast_probe faultcast_probe_aer = {
	.name = "aer",
	.attach = attach,
	.detach = detach,
	.dormant = dormant,
	.impairment = impairment,
};
