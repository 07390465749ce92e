/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the model to the protobuf messages of proto/faultcast/v1.  Pure.  The
 * filled structs point into themselves and into their arguments: use them while
 * both live, copy neither, free nothing.
 */
#ifndef FAULTCAST_MESSAGE_H
#define FAULTCAST_MESSAGE_H

#include "event.h"
#include "faultcast/v1/device.pb-c.h"
#include "faultcast/v1/status.pb-c.h"
#include "faultcast/v1/stream.pb-c.h"
#include "strbuf.h"

struct address_message {
	Faultcast__V1__DeviceAddress msg;
	Faultcast__V1__PciAddress pci;
	char name[ADDRESS_LEN];
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
	Faultcast__V1__Gap gap;
	Faultcast__V1__SequenceRange range;
	Faultcast__V1__Heartbeat heartbeat;
};

void message_event(struct stream_message *m, const struct fault_event *ev);
void message_gap(struct stream_message *m, const struct cursor *at, const struct fault_gap *gap);
void message_heartbeat(struct stream_message *m, const struct cursor *at, uint64_t real_ns);

struct device_message {
	Faultcast__V1__Device msg;
	struct address_message address;
	Faultcast__V1__IoPageFaultCounts io_page_faults;
	Faultcast__V1__DeviceIdentity identity;
};

/* @vendor_id and @device_id: 0 when there is no such device now. */
void message_device(struct device_message *m, const struct device_counts *device,
		    uint16_t vendor_id, uint16_t device_id);

struct status_message {
	Faultcast__V1__Status msg;
	Faultcast__V1__Source source;
	Faultcast__V1__Module module;
	Faultcast__V1__Probe probes[PROBES_MAX];
	Faultcast__V1__Probe *probe_list[PROBES_MAX];
	char cursor[CURSOR_LEN];
};

/* The state of a feed, for Status.source. */
struct source_status {
	const char *name;
	bool up;
	bool absent;	    /* the kernel module is known not to be loaded */
	const char *reason; /* why not up */
	struct cursor cursor;
	uint64_t refetches;
	uint64_t enobufs;
	uint64_t gap_events;
	uint64_t unknown;
};

/* Either of @source and @module may be NULL: it is absent then. */
void message_status(struct status_message *m, const char *exporter_version,
		    const struct source_status *source, const struct module_status *module);

/* Adds @msg behind its length as a varint: the framing of a stream. */
void message_add_delimited(struct strbuf *sb, const ProtobufCMessage *msg);

#endif
