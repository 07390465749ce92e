/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	kmod/faultcast.yaml */
/* To regenerate run: make generate */

/* The names of enum values, as the rows of an array: { FAULTCAST_KIND_NAMES }. */
#ifndef FAULTCAST_MODEL_NAMES_GEN_H
#define FAULTCAST_MODEL_NAMES_GEN_H

#include "faultcast.h"

/* The kind of an event. */
#define FAULTCAST_KIND_NAMES \
	[FAULTCAST_KIND_UNSPEC] = "unspec", \
	[FAULTCAST_KIND_IO_PAGE_FAULT] = "io_page_fault", \
	[FAULTCAST_KIND_INTERRUPT_REMAPPING] = "interrupt_remapping", \
	[FAULTCAST_KIND_AER] = "aer", \
	[FAULTCAST_KIND_LINK] = "link", \
	[FAULTCAST_KIND_HOTPLUG] = "hotplug", \
	[FAULTCAST_KIND_SUPPRESSED] = "suppressed", \
	[FAULTCAST_KIND_IOMMU_ERROR] = "iommu_error", \
	[FAULTCAST_KIND_DPC] = "dpc", \
	[FAULTCAST_KIND_RECOVERY] = "recovery",

/* The operation that the device attempted. */
#define FAULTCAST_ACCESS_NAMES \
	[FAULTCAST_ACCESS_UNKNOWN] = "unknown", \
	[FAULTCAST_ACCESS_READ] = "read", \
	[FAULTCAST_ACCESS_WRITE] = "write", \
	[FAULTCAST_ACCESS_OTHER] = "other",

/* Severity of an AER error, with the numbers of the kernel's AER driver. */
#define FAULTCAST_SEVERITY_NAMES \
	[FAULTCAST_SEVERITY_NONFATAL] = "nonfatal", \
	[FAULTCAST_SEVERITY_FATAL] = "fatal", \
	[FAULTCAST_SEVERITY_CORRECTED] = "corrected",

/* A change at a slot, with the numbers of enum pci_hotplug_event in linux/pci.h. */
#define FAULTCAST_HOTPLUG_NAMES \
	[FAULTCAST_HOTPLUG_LINK_UP] = "link_up", \
	[FAULTCAST_HOTPLUG_LINK_DOWN] = "link_down", \
	[FAULTCAST_HOTPLUG_CARD_PRESENT] = "card_present", \
	[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = "card_not_present", \
	[FAULTCAST_HOTPLUG_OTHER] = "other",

/* The type of an IOMMU, which gives a fault reason its meaning. */
#define FAULTCAST_IOMMU_TYPE_NAMES \
	[FAULTCAST_IOMMU_TYPE_UNKNOWN] = "unknown", \
	[FAULTCAST_IOMMU_TYPE_VTD] = "vtd", \
	[FAULTCAST_IOMMU_TYPE_AMD] = "amd", \
	[FAULTCAST_IOMMU_TYPE_SMMUV3] = "smmuv3",

/* The trigger of a containment (PCIe 6.0 7.9.14.4). */
#define FAULTCAST_DPC_NAMES \
	[FAULTCAST_DPC_UNCORRECTABLE] = "uncorrectable", \
	[FAULTCAST_DPC_NONFATAL] = "nonfatal", \
	[FAULTCAST_DPC_FATAL] = "fatal", \
	[FAULTCAST_DPC_RP_PIO] = "rp_pio", \
	[FAULTCAST_DPC_SOFTWARE] = "software", \
	[FAULTCAST_DPC_OTHER] = "other",

/* A step of the kernel's error recovery (Documentation/PCI/pci-error-recovery.rst). */
#define FAULTCAST_RECOVERY_NAMES \
	[FAULTCAST_RECOVERY_BEGUN] = "begun", \
	[FAULTCAST_RECOVERY_RECOVERED] = "recovered", \
	[FAULTCAST_RECOVERY_FAILED] = "failed", \
	[FAULTCAST_RECOVERY_OTHER] = "other",

/* The type of the bus on which an AER error was reported. */
#define FAULTCAST_BUS_NAMES \
	[FAULTCAST_BUS_UNKNOWN] = "unknown", \
	[FAULTCAST_BUS_PCIE] = "pcie", \
	[FAULTCAST_BUS_CXL] = "cxl",

/* The faults that a counter of a device counts, with the meaning of its detail. */
#define FAULTCAST_COUNT_NAMES \
	[FAULTCAST_COUNT_UNSPEC] = "unspec", \
	[FAULTCAST_COUNT_IO_PAGE_FAULT] = "io_page_fault", \
	[FAULTCAST_COUNT_INTERRUPT_REMAPPING] = "interrupt_remapping", \
	[FAULTCAST_COUNT_SYNTHETIC] = "synthetic", \
	[FAULTCAST_COUNT_AER] = "aer", \
	[FAULTCAST_COUNT_LINK] = "link", \
	[FAULTCAST_COUNT_HOTPLUG] = "hotplug", \
	[FAULTCAST_COUNT_IOMMU_ERROR] = "iommu_error", \
	[FAULTCAST_COUNT_DPC] = "dpc", \
	[FAULTCAST_COUNT_RECOVERY] = "recovery",

/* State of a probe. */
#define FAULTCAST_PROBE_STATE_NAMES \
	[FAULTCAST_PROBE_UNSPEC] = "unspec", \
	[FAULTCAST_PROBE_ACTIVE] = "active", \
	[FAULTCAST_PROBE_UNAVAILABLE] = "unavailable", \
	[FAULTCAST_PROBE_FAILED] = "failed",

/* The reason for a gap. */
#define FAULTCAST_GAP_WHY_NAMES \
	[FAULTCAST_GAP_UNSPEC] = "unspec", \
	[FAULTCAST_GAP_HISTORY] = "history",

#endif /* FAULTCAST_MODEL_NAMES_GEN_H */
