/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what the kernel module says, as flat structs, and how its cursors
 * and addresses are written.  Pure: no I/O, no state.
 */
#ifndef FAULTCAST_MODEL_EVENT_H
#define FAULTCAST_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultcast.h"

/* Where in the stream something stands; ordered within an instance. */
struct cursor {
	uint64_t instance; /* 0: none */
	uint64_t seq;
	uint64_t sub; /* > 0: made by the exporter, after event @seq */
};

/* The end of an instance: nothing of it can follow. */
#define CURSOR_SUB_END INT64_MAX

/* Before the next event, whatever else there is: what was never published before it. */
#define CURSOR_SUB_SUPPRESSED (CURSOR_SUB_END - 2)
#define CURSOR_SUB_LOST (CURSOR_SUB_END - 1)

static inline bool cursor_equal(const struct cursor *a, const struct cursor *b)
{
	return a->instance == b->instance && a->seq == b->seq && a->sub == b->sub;
}

#define CURSOR_LEN 64 /* longest text, with its NUL */

/* Writes "hex.dec.dec", or "" when there is no instance. */
void cursor_format(const struct cursor *cursor, char out[CURSOR_LEN]);

/* Reads what cursor_format() writes; -EINVAL for anything else. */
int cursor_parse(const char *text, struct cursor *cursor);

enum address_type { ADDRESS_UNKNOWN, ADDRESS_PCI, ADDRESS_NAME, ADDRESS_OVERFLOW };

struct address {
	enum address_type type;
	uint32_t segment;
	uint16_t bdf;
	char name[FAULTCAST_NAME_LEN];
};

#define ADDRESS_LEN FAULTCAST_NAME_LEN

/* "0000:03:00.0", "bus/name", "unknown" or "overflow". */
void address_format(const struct address *address, char out[ADDRESS_LEN]);

/* Reads what that writes for PCI, or "03:00.0" (segment 0); -EINVAL otherwise. */
int address_parse_pci(const char *text, struct address *address);

/* Reads what address_format() writes, but for "overflow", or "03:00.0"; -EINVAL otherwise. */
int address_parse(const char *text, struct address *address);

bool address_equal(const struct address *a, const struct address *b);

/* An order for sorting: <0, 0 or >0; PCI devices by segment and bdf. */
int address_compare(const struct address *a, const struct address *b);

/* "io_page_fault": an enum faultcast_kind as metrics and users call it; "unknown" beyond. */
const char *kind_name(uint32_t kind);

/* The kind of which @text, @len bytes of it, is the name; 0: of none. */
uint32_t kind_parse(const char *text, size_t len);

#define IDENTITY_TEXT_LEN 32

/* The PCI device that is, or was, at an address. */
struct device_identity {
	uint32_t generation; /* 0: not known */
	uint32_t vendor_id;
	uint32_t device_id;
	uint32_t subsystem_vendor_id;
	uint32_t subsystem_device_id;
	uint32_t class_code;
	uint32_t revision;
	uint64_t serial; /* 0: none */
	char driver[IDENTITY_TEXT_LEN];
	char physical_slot[IDENTITY_TEXT_LEN];
};

struct fault_event {
	uint64_t instance;
	uint64_t seq;
	uint64_t mono_ns;
	uint64_t real_ns;
	uint64_t iova;
	uint64_t suppressed_before;
	uint64_t lost_before;
	struct address device;
	uint32_t kind; /* enum faultcast_kind, or one we do not know */
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

enum gap_reason { GAP_HISTORY, GAP_UNKNOWN_CURSOR, GAP_TOO_SLOW, GAP_UNLOADED, GAP_REASONS };

/* Events that are missing; @from 0: of unknown size. */
struct fault_gap {
	enum gap_reason reason;
	uint64_t from;
	uint64_t to;
};

struct device_counts {
	struct address address;
	uint32_t slot;
	uint64_t io_page_faults[FAULTCAST_ACCESS_MAX + 1];
	uint64_t interrupt_remapping;
	uint64_t aer[FAULTCAST_SEVERITY_MAX + 1];
	uint64_t link;
	uint64_t hotplug[FAULTCAST_HOTPLUG_MAX + 1];
	uint64_t synthetic;
	uint64_t other;	 /* counters we do not know */
	uint64_t raised; /* sum of the above */
	uint64_t published;
	uint64_t suppressed;
	uint64_t lost;
	uint64_t first_real_ns; /* 0: no real fault yet */
	uint64_t last_real_ns;
	/* Not part of raised: an event may set several bits. */
	uint64_t aer_errors[FAULTCAST_SEVERITY_MAX + 1][FAULTCAST_AER_BIT_NONE + 1];
	struct device_identity identity;
	bool present;
	bool has_limit;
	uint32_t rate;
	uint32_t burst;
};

/* Of an enum faultcast_kind; 0 for a summary, and for a kind that is not known. */
uint64_t raised_of_kind(const struct device_counts *counts, uint32_t kind);

#define PROBES_MAX 16
#define PROBE_NAME_LEN 32
#define PROBE_REASON_LEN 160
#define VERSION_LEN 32

struct probe_status {
	char name[PROBE_NAME_LEN];
	char reason[PROBE_REASON_LEN];
	uint32_t state; /* enum faultcast_probe_state */
	bool exact;
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
};

#endif
