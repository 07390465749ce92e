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
	uint64_t suppressed_before;
	uint64_t lost_before;
	struct address device;
	uint32_t kind; /* enum faultcast_kind, or a kind of a newer module */
	uint32_t slot;
	uint32_t generation;
	uint32_t reason;
	uint32_t related_segment;
	uint16_t related_bdf; /* another device: see the wire contract */
	bool has_related;
	/* Which of these is valid follows from the kind.  The window holds many events. */
	union {
		struct { /* faults and errors that an IOMMU reported */
			uint64_t iova;
			const char *iommu; /* from iommu_name(); NULL: not known */
			uint32_t access;   /* enum faultcast_access */
			uint32_t pasid;
			uint32_t irte_index;
			uint32_t iommu_type; /* enum faultcast_iommu_type */
			uint32_t iommu_flags;
			uint32_t stream_id;
		};
		struct {
			uint32_t aer_severity;
			uint32_t aer_status;
			uint32_t tlp[4];
			uint32_t bus; /* enum faultcast_bus */
		};
		struct {
			uint32_t link_reason;
			uint32_t link_speed;
			uint32_t link_width;
			uint32_t link_status;
		};
		struct {
			uint32_t dpc; /* enum faultcast_dpc */
			uint32_t dpc_status;
		};
		uint32_t hotplug;  /* enum faultcast_hotplug */
		uint32_t recovery; /* enum faultcast_recovery */
	};
	struct device_identity identity;
	bool synthetic;
	bool identity_late;
	bool has_tlp;
	bool has_iova;
	bool irte_unknown; /* a refused interrupt whose index the IOMMU does not tell */
	bool has_reason;
	bool has_pasid;
	bool has_stream;
};

#endif
