/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encodes the model as the protobuf messages of proto/faultcast/v1.  Pure.  Each function fills in
 * its first argument, which then points into itself and into the other arguments: it is valid as
 * long as those are, must not be copied, and owns no memory.
 */
#ifndef FAULTCAST_WIRE_ENCODE_H
#define FAULTCAST_WIRE_ENCODE_H

#include "base/strbuf.h"
#include "faultcast.h"
#include "faultcast/v1/device.pb-c.h"
#include "faultcast/v1/status.pb-c.h"
#include "faultcast/v1/stream.pb-c.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/coverage.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "model/module.h"
#include "model/requesters.h"
#include "model/skew.h"

struct address_message {
	Faultcast__V1__DeviceAddress msg;
	Faultcast__V1__PciAddress pci;
	char name[ADDRESS_LEN];
};

struct identity_message {
	Faultcast__V1__DeviceIdentity msg;
	Faultcast__V1__SerialNumber serial;
};

struct stream_message {
	Faultcast__V1__StreamMessage msg;
	char cursor[CURSOR_LEN];
	struct address_message device;
	Faultcast__V1__FaultEvent event;
	Faultcast__V1__IoPageFault io_page_fault;
	Faultcast__V1__InterruptRemappingFault interrupt_remapping;
	Faultcast__V1__FaultReason reason;
	Faultcast__V1__Pasid pasid;
	Faultcast__V1__AerError aer;
	char *aer_errors[FAULTCAST_AER_BIT_NONE];
	Faultcast__V1__TlpHeader tlp_header;
	uint32_t tlp[4];
	Faultcast__V1__Hotplug hotplug;
	Faultcast__V1__LinkChange link;
	Faultcast__V1__Iommu iommu;
	Faultcast__V1__StreamId stream_id;
	Faultcast__V1__IommuError iommu_error;
	Faultcast__V1__Containment dpc;
	Faultcast__V1__Recovery recovery;
	struct address_message related;
	struct identity_message identity;
	Faultcast__V1__Gap gap;
	Faultcast__V1__SequenceRange range;
	Faultcast__V1__Heartbeat heartbeat;
	Faultcast__V1__HealthChange health;
};

/* The message of an event; its cursor follows from @ev. */
void message_event(struct stream_message *m, const struct fault_event *ev);

/* The message of a gap at cursor @at. */
void message_gap(struct stream_message *m, const struct cursor *at, const struct fault_gap *gap);

/* The message of a health change at cursor @at. */
void message_health(struct stream_message *m, const struct cursor *at,
		    const struct health_change *change);

/*
 * The gap that states how many faults of the device were suppressed, or lost, before @ev.  Its
 * cursor is just before that of @ev.  Return false if there were none.
 */
bool message_suppressed_before(struct stream_message *m, const struct fault_event *ev);
bool message_lost_before(struct stream_message *m, const struct fault_event *ev);

/* A heartbeat at cursor @at and time @real_ns (CLOCK_REALTIME). */
void message_heartbeat(struct stream_message *m, const struct cursor *at, uint64_t real_ns);

#define CARDS_MAX 16
#define AER_ERRORS_MAX ((FAULTCAST_SEVERITY_MAX + 1) * (FAULTCAST_AER_BIT_NONE + 1))

struct device_message {
	Faultcast__V1__Device msg;
	struct address_message address;
	Faultcast__V1__IoPageFaultCounts io_page_faults;
	Faultcast__V1__AerCounts aer;
	Faultcast__V1__AerErrorCount aer_errors[AER_ERRORS_MAX];
	Faultcast__V1__AerErrorCount *aer_error_list[AER_ERRORS_MAX];
	Faultcast__V1__HotplugCounts hotplug;
	Faultcast__V1__ContainmentCounts dpc;
	Faultcast__V1__RecoveryCounts recovery;
	Faultcast__V1__Limit limit;
	struct identity_message identity;
	Faultcast__V1__Coverage coverage[COVERAGE_KINDS];
	Faultcast__V1__Coverage *coverage_list[COVERAGE_KINDS];
	struct address_message cards[CARDS_MAX];
	Faultcast__V1__DeviceAddress *card_list[CARDS_MAX];
	struct address_message requesters[CARDS_MAX];
	Faultcast__V1__DeviceAddress *requester_list[CARDS_MAX];
};

/* The message of a device; @health is HEALTH_UNKNOWN if no rule judges the device. */
void message_device(struct device_message *m, const struct device_counts *device,
		    enum health_state health);

/* Adds the coverage of the device, of all kinds, to its message. */
void message_device_coverage(struct device_message *m, const struct coverage_device *device,
			     const struct module_status *module);

/*
 * Names the cards whose DMA may appear under the device's requester id; @requesters was filled with
 * @devices, one of which the message is of.
 */
void message_device_cards(struct device_message *m, const struct requesters *requesters,
			  const struct device_counts *devices, const struct device_counts *device);

/* Names the @num other requester ids of the device. */
void message_device_requesters(struct device_message *m, const struct device_alias *aliases,
			       uint32_t num);

struct status_message {
	Faultcast__V1__Status msg;
	Faultcast__V1__Module module;
	Faultcast__V1__Probe probes[PROBES_MAX];
	Faultcast__V1__Probe *probe_list[PROBES_MAX];
	Faultcast__V1__IommuUnit iommus[UNITS_MAX];
	Faultcast__V1__IommuUnit *iommu_list[UNITS_MAX];
	Faultcast__V1__IommuErrorCount errors[IOMMU_ERRORS_MAX];
	Faultcast__V1__IommuErrorCount *error_list[IOMMU_ERRORS_MAX];
	Faultcast__V1__CoverageCount coverage[COVERAGE_PAIRS_MAX];
	Faultcast__V1__CoverageCount *coverage_list[COVERAGE_PAIRS_MAX];
	char skew[SKEW_LEN];
};

/* The message of the status; without the feed if @source is NULL, without the module likewise. */
void message_status(struct status_message *m, const char *exporter_version,
		    Faultcast__V1__Source *source, const struct module_status *module);

/* Adds the number of devices with this coverage to the message.  Zero is left out. */
void message_status_coverage(struct status_message *m, uint32_t kind, struct coverage coverage,
			     uint64_t devices, bool accepted);

/* Adds @msg, delimited: its length as a varint stands before it. */
void message_add_delimited(struct strbuf *sb, const ProtobufCMessage *msg);

#endif
