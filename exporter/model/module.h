/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the kernel module and of its probes. */
#ifndef FAULTCAST_MODEL_MODULE_H
#define FAULTCAST_MODEL_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "faultcast.h"

#define PROBES_MAX 16
#define PROBE_NAME_LEN 32
#define PROBE_REASON_LEN 160
#define VERSION_LEN 32
#define UNITS_MAX 128

struct probe_status {
	char name[PROBE_NAME_LEN];
	char reason[PROBE_REASON_LEN];
	uint32_t state; /* enum faultcast_probe_state */
	bool exact;
};

/* An IOMMU that the module observes. */
struct iommu_unit {
	uint64_t address; /* physical address of its registers */
	uint32_t segment;
	bool faults;		       /* its fault interrupt exists and is not masked */
	bool interrupt_remapping;      /* is enabled */
	char name[FAULTCAST_NAME_LEN]; /* in /sys/class/iommu; empty: not told */
	uint32_t type;		       /* enum faultcast_iommu_type */
	uint64_t stalls;	       /* recoverable page requests */
};

#define IOMMU_ERRORS_MAX 128

/* The errors of one sort that an IOMMU reported, and that no device is to blame for. */
struct iommu_error {
	unsigned int unit; /* index of the IOMMU */
	char name[FAULTCAST_NAME_LEN];
	uint64_t count;
};

struct module_status {
	uint64_t instance;
	uint64_t loaded_real_ns;
	uint64_t head;
	uint64_t tail;
	uint64_t raised;
	uint64_t published;
	uint64_t suppressed;
	uint64_t lost;
	uint64_t queued;
	uint64_t summaries;
	uint64_t hw_overflow;
	uint64_t nmissed;
	uint64_t unknown_unit;
	uint64_t published_kind[FAULTCAST_KIND_MAX + 1];
	uint32_t abi;
	uint32_t devices_max;
	uint32_t history_max;
	uint32_t queue_max;
	uint32_t rate;
	uint32_t burst;
	uint32_t host_rate;
	char version[VERSION_LEN];
	struct probe_status probes[PROBES_MAX];
	unsigned int num_probes;
	struct iommu_unit units[UNITS_MAX];
	unsigned int num_units; /* 0 too with modules that report no units */
	struct iommu_error errors[IOMMU_ERRORS_MAX];
	unsigned int num_errors;
};

#endif
