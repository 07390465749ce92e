/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record that travels from a probe to the wire, and what the files of the
 * module offer each other.  Direction: source -> queue -> publish -> genl.
 */
#ifndef FAULTCAST_EVENT_H
#define FAULTCAST_EVENT_H

#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/types.h>

#include "uapi/faultcast.h"

struct tracepoint;

/* Which optional members of a record hold something. */
enum faultcast_has {
	FAULTCAST_HAS_IOVA	= BIT(0),
	FAULTCAST_HAS_REASON	= BIT(1),
	FAULTCAST_HAS_PASID	= BIT(2),
	FAULTCAST_HAS_IRTE	= BIT(3),
	FAULTCAST_HAS_TLP	= BIT(4),
};

/* A flat copy: it holds no pointer, so nothing it names can go away under it. */
struct faultcast_event {
	u64 seq;		/* given by log.c */
	u64 boot_ns;		/* in the probe, CLOCK_BOOTTIME: no suspend moves it */
	u64 mono_ns;		/* given by log.c */
	u64 real_ns;		/* given by log.c */
	u64 iova;
	u64 suppressed_before;
	u64 lost_before;
	u32 slot;
	u32 pasid;
	u32 generation;		/* of the slot's identity, when it happened */
	u32 aer_status;
	u32 tlp[4];
	u32 link_status;
	u16 link_width;
	u16 irte_index;
	u8 link_reason;
	u8 link_speed;
	u8 severity;		/* enum faultcast_severity */
	u8 hotplug;		/* enum faultcast_hotplug */
	u8 kind;		/* enum faultcast_kind */
	u8 access;		/* enum faultcast_access */
	u8 reason;
	u8 flags;		/* enum faultcast_event_flag */
	u8 has;			/* enum faultcast_has */
};

static_assert(sizeof(struct faultcast_event) <= 128);

/* slot.c: the table of device slots */

/* One per thing that a slot counts; slot.c has the table of wire names. */
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
	FAULTCAST_CTR_SYNTHETIC,
	FAULTCAST_CTR_NUM
};

/* storm.c: a test must not take the place of a real fault. */
enum faultcast_bucket {
	FAULTCAST_BUCKET_REAL,
	FAULTCAST_BUCKET_SYNTHETIC,
	FAULTCAST_BUCKETS
};

/* storm.c: events a second, and what that means in time. */
struct faultcast_limit {
	u32 rate;		/* 0: no limit */
	u32 burst;
	u64 interval_ns;	/* 0: no limit */
	u64 tolerance_ns;
};

/* identity.c: what is at a PCI address; its list and members are its own. */
struct faultcast_identity {
	struct faultcast_identity *older;
	u32 generation;
	/* From here on what makes it the same or another one. */
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	u32 class;
	u8 revision;
	char driver[32];
	char phys_slot[32];
	u64 serial;		/* 0: none */
};

/*
 * Slots are claimed by probes, in any context, and never freed while the module
 * is loaded, so an index stays good.  @name is valid once @ready is set.
 */
struct faultcast_slot {
	atomic64_t key;		/* 0: free */
	atomic_t ready;
	char name[FAULTCAST_NAME_LEN];
	atomic64_t raised[FAULTCAST_CTR_NUM];
	atomic64_t aer_bits[FAULTCAST_SEVERITY_MAX + 1][FAULTCAST_AER_BIT_NONE + 1];
	atomic64_t published;
	atomic64_t suppressed;
	atomic64_t lost;
	atomic64_t first_boot;	/* real faults only, 0: none */
	atomic64_t last_boot;
	atomic64_t due[FAULTCAST_BUCKETS];	/* storm.c: when the next event is due */
	struct faultcast_limit limit;
	bool has_limit;		/* of its own, not the global one */
	atomic64_t untold_suppressed;	/* and no event has said so yet */
	atomic64_t untold_lost;
	u64 published_mono;	/* the worker's: the last event that may tell */
	bool resolved;		/* the worker has looked for the device */
	u64 resolve_after;	/* it does not before, in jiffies */
	struct faultcast_identity *identity;	/* identity.c's: the newest one */
	bool present;		/* identity.c's */
	u32 generation;		/* of @identity; 0: none.  For probes to copy */
};

#define FAULTCAST_SLOT_UNKNOWN	0	/* the device was NULL */

int faultcast_registry_init(unsigned int devices);
void faultcast_registry_exit(void);
unsigned int faultcast_registry_size(void);
struct faultcast_slot *faultcast_registry_slot(u32 index);
bool faultcast_registry_is_overflow(u32 index);
bool faultcast_registry_pci(const struct faultcast_slot *slot, u32 *segment, u16 *bdf);
u32 faultcast_registry_claim_pci(u32 segment, u16 bdf);
u32 faultcast_registry_claim_dev(const struct device *dev);
u32 faultcast_registry_claim_name(const char *prefix, const char *name);
int faultcast_registry_claim_label(const char *label, u32 *index);
void faultcast_registry_count(const struct faultcast_event *ev);
void faultcast_registry_wait(u32 index);
u64 faultcast_registry_raised(const struct faultcast_slot *slot);
void faultcast_registry_counter_name(enum faultcast_counter ctr, u32 *count, u32 *detail);

/* identity.c: who is at a PCI address */
int faultcast_identity_init(void);
void faultcast_identity_exit(void);
u32 faultcast_identity_resolve(struct faultcast_slot *slot);
bool faultcast_identity_read(const struct faultcast_slot *slot, u32 generation,
			     struct faultcast_identity *id);

/* queue.c: one bounded queue per CPU, from any context to the worker */
int faultcast_queue_init(unsigned int records, void (*wake)(void));
void faultcast_queue_exit(void);
int faultcast_queue_put(const struct faultcast_event *ev);
void faultcast_queue_rearm(int cpu);
bool faultcast_queue_peek(int cpu, struct faultcast_event *ev);
void faultcast_queue_skip(int cpu);
u64 faultcast_queue_len(void);
void faultcast_queue_kick(void);
void faultcast_queue_sync(void);

/* storm.c: who may publish how much */
bool faultcast_storm_admit(struct faultcast_slot *slot, enum faultcast_bucket bucket, u64 now);
void faultcast_storm_refund(struct faultcast_slot *slot, enum faultcast_bucket bucket);
void faultcast_storm_set(u32 rate, u32 burst);
void faultcast_storm_set_host(u32 rate, u32 burst);
void faultcast_storm_set_device(struct faultcast_slot *slot, u32 rate, u32 burst);
void faultcast_storm_unset_device(struct faultcast_slot *slot);
const struct faultcast_limit *faultcast_storm_limit(void);
const struct faultcast_limit *faultcast_storm_host_limit(void);

/* log.c: sequence numbers, history, the law of conservation */
struct faultcast_totals {
	u64 raised;
	u64 published;
	u64 suppressed;
	u64 lost;
	u64 queued;
	u64 summaries;
	u64 head;
	u64 tail;
	u64 by_kind[FAULTCAST_KIND_MAX + 1];	/* published, without synthetic ones */
};

int faultcast_publish_init(unsigned int history);
void faultcast_publish_exit(void);
void faultcast_publish_wake(void);
void faultcast_publish_untold(void);
void faultcast_publish_drain(void);
void faultcast_publish_totals(struct faultcast_totals *totals);
u64 faultcast_publish_read(u64 seq, struct faultcast_event *ev);
u64 faultcast_publish_mono(u64 boot_ns);
u64 faultcast_publish_real(u64 boot_ns);
void faultcast_publish_bounds(u64 *tail, u64 *head);

/* probe.c: where faults come from */
struct faultcast_source {
	const char *name;
	/*
	 * 0; -ENODEV, -ENOENT or -EOPNOTSUPP when this kernel or machine has no
	 * such thing; any other error is a failure.  Says why in @reason, and
	 * there too why it is not exact.
	 */
	int (*attach)(struct faultcast_source *source);
	void (*detach)(void);
	u64 (*nmissed)(void);
	const char *(*impairment)(void);	/* why it is not exact just now, or NULL */
	u32 state;		/* enum faultcast_probe_state */
	bool exact;
	char reason[120];
};

extern struct faultcast_source faultcast_source_aer;
extern struct faultcast_source faultcast_source_hotplug;
extern struct faultcast_source faultcast_source_iommu;
extern struct faultcast_source faultcast_source_link;
extern struct faultcast_source faultcast_source_vtd;

void faultcast_source_attach_all(void);
void faultcast_source_detach_all(void);
struct faultcast_source *faultcast_source_at(unsigned int index);
u64 faultcast_source_nmissed(void);
bool faultcast_source_exact(const struct faultcast_source *source, const char **reason);
int faultcast_source_raise(struct faultcast_event *ev);
int faultcast_source_attach_tracepoint(struct faultcast_source *source, const char *name,
				       void *probe, struct tracepoint **tracepoint);

extern atomic64_t faultcast_source_hw_overflow;
extern atomic64_t faultcast_source_unknown_unit;

/* genl.c: the wire */
int faultcast_genl_init(u64 instance);
void faultcast_genl_exit(void);
void faultcast_genl_close(void);
void faultcast_genl_notify(const struct faultcast_event *ev);
void faultcast_genl_flush(void);

/* main.c: the module's parameters, for STATUS_GET */
struct faultcast_params {
	unsigned int devices;
	unsigned int queue;
	unsigned int history;
	unsigned int rate;
	unsigned int burst;
	unsigned int host_rate;
};

extern struct faultcast_params faultcast_params;
extern u64 faultcast_loaded_real;

#endif /* FAULTCAST_EVENT_H */
