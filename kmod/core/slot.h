/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of device slots.  Probes claim slots, in any context.  A slot is never
 * freed while the module is loaded, so that an index stays valid.
 */
#ifndef FAULTCAST_CORE_SLOT_H
#define FAULTCAST_CORE_SLOT_H

#include <linux/device.h>
#include <linux/types.h>

#include "event.h"
#include "storm.h"

struct faultcast_identity;

/* The counters of a slot.  slot.c has the table of their numbers in netlink messages. */
enum faultcast_counter {
	FAULTCAST_CTR_IOPF_UNKNOWN,	/* + enum faultcast_access */
	FAULTCAST_CTR_IOPF_READ,
	FAULTCAST_CTR_IOPF_WRITE,
	FAULTCAST_CTR_IOPF_OTHER,
	FAULTCAST_CTR_INTERRUPT_REMAPPING,
	FAULTCAST_CTR_AER,		/* + enum faultcast_severity */
	FAULTCAST_CTR_AER_LAST = FAULTCAST_CTR_AER + FAULTCAST_SEVERITY_MAX,
	FAULTCAST_CTR_LINK,
	FAULTCAST_CTR_HOTPLUG,		/* + enum faultcast_hotplug */
	FAULTCAST_CTR_HOTPLUG_LAST = FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_MAX,
	FAULTCAST_CTR_IOMMU_ERROR,
	FAULTCAST_CTR_DPC,		/* + enum faultcast_dpc */
	FAULTCAST_CTR_DPC_LAST = FAULTCAST_CTR_DPC + FAULTCAST_DPC_MAX,
	FAULTCAST_CTR_RECOVERY,		/* + enum faultcast_recovery */
	FAULTCAST_CTR_RECOVERY_LAST = FAULTCAST_CTR_RECOVERY + FAULTCAST_RECOVERY_MAX,
	FAULTCAST_CTR_SYNTHETIC,
	FAULTCAST_CTR_NUM
};

/* The name of a PCI slot is empty: its key holds segment and bdf. */
struct faultcast_slot {
	atomic64_t key;		/* 0: free */
	atomic_t ready;		/* @name is valid */
	char name[FAULTCAST_NAME_LEN];
	atomic64_t raised[FAULTCAST_CTR_NUM];
	atomic64_t aer_bits[FAULTCAST_SEVERITY_MAX + 1][FAULTCAST_AER_BIT_NONE + 1];
	atomic64_t published;
	atomic64_t suppressed;
	atomic64_t lost;
	atomic64_t first_boot;	/* CLOCK_BOOTTIME in ns, real faults only; 0: none */
	atomic64_t last_boot;
	/* storm.c */
	atomic64_t due[FAULTCAST_BUCKETS];	/* CLOCK_BOOTTIME at which the next event is due */
	atomic64_t asked[FAULTCAST_BUCKETS];	/* CLOCK_BOOTTIME of the last fault; 0: none */
	struct faultcast_limit limit;
	bool has_limit;		/* @limit is used, not the limit of all devices */
	/* unreported.c: counted, and not yet mentioned by any event */
	atomic64_t unreported_suppressed;
	atomic64_t unreported_lost;
	u64 published_mono;	/* the last event that reported; only the worker uses it */
	/* identity.c */
	bool resolved;		/* the worker has looked for the device */
	u64 resolve_after;	/* jiffies before which the worker does not look again */
	struct faultcast_identity *identity;	/* the newest one */
	struct faultcast_aliases *aliases;	/* NULL: none */
	bool present;
	u32 generation;		/* generation of @identity, which probes copy; 0: none */
	bool serial_wanted;	/* serial.c: the serial number is still to be read */
};

#define FAULTCAST_SLOT_UNKNOWN	0	/* faults whose device is not known */

/*
 * Makes a table of @devices slots (at least 3): two of them are the slot for unknown
 * devices and the overflow slot.  Returns 0 or -ENOMEM.
 */
int faultcast_slot_init(unsigned int devices);

/* Frees the table.  No probe may run any more. */
void faultcast_slot_exit(void);

/* The size of the table. */
unsigned int faultcast_slot_num(void);

/* The slot at @index, which is below faultcast_slot_num(). */
struct faultcast_slot *faultcast_slot_at(u32 index);

/*
 * True for the overflow slot, which is shared by all devices for which the table has
 * no free slot.
 */
bool faultcast_slot_is_overflow(u32 index);

/* The PCI address of @slot; false, with nothing written, if it is not a PCI slot. */
bool faultcast_slot_pci(const struct faultcast_slot *slot, u32 *segment, u16 *bdf);

/*
 * The functions faultcast_slot_claim_*() return the index of the device's slot.  If
 * the device has none, a free slot becomes its slot; if no slot is free, the index
 * is that of the overflow slot.  Any context, NMI-like included: they take no lock
 * and allocate nothing.
 */
u32 faultcast_slot_claim_pci(u32 segment, u16 bdf);

/* Claims the slot of @dev; NULL is the unknown device. */
u32 faultcast_slot_claim_dev(const struct device *dev);

/*
 * Claims by name: "0000:03:00.0" is a PCI device, any other @name is a device on the
 * bus @prefix, and NULL is the unknown device.
 */
u32 faultcast_slot_claim_name(const char *prefix, const char *name);

/*
 * For requests by segment and bdf, or by the label that metrics and tools use:
 * "bus/name" or "unknown".  @may_claim: a device without a slot may claim one, while
 * more than a quarter of the table is free, because a slot is never freed.  Process
 * context.  Return 0 with @index set; -ENODEV, with @index set to the overflow slot,
 * if the device has no slot; or -EINVAL if @label is not a label.
 */
int faultcast_slot_request_pci(u32 segment, u16 bdf, bool may_claim, u32 *index);
int faultcast_slot_request_label(const char *label, bool may_claim, u32 *index);

/* Counts @ev as raised in its slot.  Any context. */
void faultcast_slot_count(const struct faultcast_event *ev);

/* Sleeps until the slot's name is valid.  Process context. */
void faultcast_slot_wait(u32 index);

/* The sum of all counters of @slot.  Any context. */
u64 faultcast_slot_raised(const struct faultcast_slot *slot);

/*
 * Sets the numbers that stand for @ctr in netlink messages: an enum faultcast_count
 * and its detail.
 */
void faultcast_slot_counter_name(enum faultcast_counter ctr, u32 *count, u32 *detail);

#endif /* FAULTCAST_CORE_SLOT_H */
