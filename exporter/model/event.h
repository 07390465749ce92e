/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event of the kernel module: a fault, or a summary of unreported faults. */
#ifndef FAULTCAST_MODEL_EVENT_H
#define FAULTCAST_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "identity.h"

struct fault_event {
	uint64_t instance;
	uint64_t seq;
	uint64_t mono_ns; /* CLOCK_MONOTONIC when the fault was handled */
	uint64_t real_ns; /* the same time as CLOCK_REALTIME */
	uint64_t iova;
	uint64_t suppressed_before;
	uint64_t lost_before;
	struct address device;
	uint32_t kind; /* enum faultcast_kind, or a kind of a newer module */
	uint32_t slot;
	uint32_t access; /* enum faultcast_access */
	uint32_t reason;
	uint32_t pasid;
	uint32_t irte_index;
	uint32_t generation;
	uint32_t aer_severity;
	uint32_t aer_status;
	uint32_t tlp[4];
	uint32_t hotplug; /* enum faultcast_hotplug */
	uint32_t link_reason;
	uint32_t link_speed;
	uint32_t link_width;
	uint32_t link_status;
	struct device_identity identity;
	bool synthetic;
	bool identity_late;
	bool has_tlp;
	bool has_iova;
	bool has_reason;
	bool has_pasid;
};

#endif
