/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what the kernel module says, as flat structs, decoded from the
 * attributes that kmod/uapi/faultcast.h defines.  Pure: no I/O, no state.
 */
#ifndef FAULTCAST_EVENT_H
#define FAULTCAST_EVENT_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultcast.h"

/* Where in the stream something stands; ordered within an instance. */
struct cursor {
	uint64_t instance; /* 0: none */
	uint64_t seq;
	uint32_t sub; /* > 0: made by the exporter, after event @seq */
};

#define CURSOR_LEN 56 /* longest text, with its NUL */

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

struct fault_event {
	uint64_t instance;
	uint64_t seq;
	uint64_t mono_ns;
	uint64_t real_ns;
	uint64_t iova;
	uint64_t suppressed_before;
	struct address device;
	uint32_t kind; /* enum faultcast_kind, or one we do not know */
	uint32_t slot;
	uint32_t access; /* enum faultcast_access */
	uint32_t reason;
	uint32_t pasid;
	uint32_t irte_index;
	bool synthetic;
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
	uint64_t synthetic;
	uint64_t other;	 /* counters we do not know */
	uint64_t raised; /* sum of the above */
	uint64_t published;
	uint64_t suppressed;
	uint64_t lost;
	uint64_t first_real_ns; /* 0: no real fault yet */
	uint64_t last_real_ns;
};

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
	char version[VERSION_LEN];
	struct probe_status probes[PROBES_MAX];
	unsigned int num_probes;
};

/* What decode_batch() calls, in the order of the message. */
struct batch_handler {
	void (*event)(void *ctx, const struct fault_event *ev);
	void (*gap)(void *ctx, uint64_t instance, const struct fault_gap *gap);
};

/*
 * Decode one message of the family, with its headers.  0, or -EBADMSG when it
 * is malformed: then nothing of it was handed on.  Attributes and kinds that
 * we do not know are passed over and added to *@unknown.
 */
int decode_batch(struct nlmsghdr *nlh, const struct batch_handler *handler, void *ctx,
		 uint64_t *unknown);
int decode_device(struct nlmsghdr *nlh, struct device_counts *device, uint64_t *unknown);
int decode_status(struct nlmsghdr *nlh, struct module_status *status, uint64_t *unknown);

#endif
