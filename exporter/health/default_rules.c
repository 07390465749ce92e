// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules that apply unless the configuration file has others.  No rule counts link changes or
 * hotplug events, because these are normal operation.
 */
#include "base/clock.h"
#include "faultcast.h"
#include "model/health.h"
#include "rule.h"

#define MINUTE (60 * NSEC_PER_SEC)
#define HOUR (60 * MINUTE)

const struct health_rule health_default_rules[] = {
	/*
	 * The IOMMU refused the access, so no memory was overwritten.  A single fault may come from
	 * a driver that unmaps memory too early.  A device with repeated faults is out of control.
	 */
	{
		.name = "io_page_fault_seen",
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.threshold = 1,
		.state = HEALTH_SUSPECT,
		.clear_after_ns = 15 * MINUTE,
	},
	{
		.name = "io_page_fault_repeated",
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.threshold = 10,
		.window_ns = MINUTE,
		.state = HEALTH_FAULTY,
		.clear_after_ns = HOUR,
	},
	/* An interrupt request is a memory write, and the IOMMU refuses it like any other write. */
	{
		.name = "interrupt_remapping_seen",
		.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
		.threshold = 1,
		.state = HEALTH_SUSPECT,
		.clear_after_ns = 15 * MINUTE,
	},
	{
		.name = "interrupt_remapping_repeated",
		.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
		.threshold = 10,
		.window_ns = MINUTE,
		.state = HEALTH_FAULTY,
		.clear_after_ns = HOUR,
	},
	/* The link is no longer reliable, and the kernel resets it (PCIe 6.0 6.2.2.2.1). */
	{
		.name = "aer_fatal_seen",
		.kind = FAULTCAST_KIND_AER,
		.severity = FAULTCAST_SEVERITY_FATAL,
		.threshold = 1,
		.state = HEALTH_FAULTY,
		.clear_after_ns = 24 * HOUR,
	},
	/* A transaction was lost, but the link is still reliable (PCIe 6.0 6.2.2.2.2). */
	{
		.name = "aer_nonfatal_seen",
		.kind = FAULTCAST_KIND_AER,
		.severity = FAULTCAST_SEVERITY_NONFATAL,
		.threshold = 1,
		.state = HEALTH_SUSPECT,
		.clear_after_ns = 15 * MINUTE,
	},
	{
		.name = "aer_nonfatal_repeated",
		.kind = FAULTCAST_KIND_AER,
		.severity = FAULTCAST_SEVERITY_NONFATAL,
		.threshold = 10,
		.window_ns = 10 * MINUTE,
		.state = HEALTH_FAULTY,
		.clear_after_ns = HOUR,
	},
	/*
	 * The hardware corrected the error without any loss (PCIe 6.0 6.2.2.1), so only a large
	 * number of errors is significant.
	 */
	{
		.name = "aer_corrected_repeated",
		.kind = FAULTCAST_KIND_AER,
		.severity = FAULTCAST_SEVERITY_CORRECTED,
		.threshold = 100,
		.window_ns = 10 * MINUTE,
		.state = HEALTH_SUSPECT,
		.clear_after_ns = 15 * MINUTE,
	},
	/* The port has cut off everything below it, until the kernel resets the link. */
	{
		.name = "dpc_seen",
		.kind = FAULTCAST_KIND_DPC,
		.threshold = 1,
		.state = HEALTH_FAULTY,
		.clear_after_ns = HOUR,
	},
	/* The kernel has given up: the device does not work before it is removed or reset. */
	{
		.name = "recovery_failed",
		.kind = FAULTCAST_KIND_RECOVERY,
		.threshold = 1,
		.state = HEALTH_FAULTY,
		.clear_after_ns = 24 * HOUR,
	},
};

const size_t health_num_default_rules = sizeof(health_default_rules) /
					sizeof(health_default_rules[0]);
