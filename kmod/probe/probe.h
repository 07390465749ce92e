/* SPDX-License-Identifier: GPL-2.0-only */
/* The probes: each observes one place where the kernel handles faults. */
#ifndef FAULTCAST_PROBE_PROBE_H
#define FAULTCAST_PROBE_PROBE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct faultcast_iommu;

/* An IOMMU unit that a probe observes. */
struct faultcast_unit {
	const struct faultcast_iommu *iommu;
	u32 flags;		/* enum faultcast_unit_flag */
};

struct faultcast_probe {
	const char *name;
	/*
	 * Attaches the probe.  Returns 0; -ENODEV, -ENOENT or -EOPNOTSUPP if this
	 * kernel or machine has nothing to attach to; any other error is a failure.
	 * Writes to @reason why the probe is not attached, or why its counts are not
	 * exact.  Process context.
	 */
	int (*attach)(struct faultcast_probe *probe);
	/* Called only after attach() returned 0.  Callbacks may still be running afterwards. */
	void (*detach)(void);
	/* Optional: returns the number of hits for which the callback could not run. */
	u64 (*nmissed)(void);
	/*
	 * Optional: returns why nothing on this machine can fire the probe at this
	 * moment, or NULL if something can.  A device that comes later may change
	 * that, so the probe stays attached.  Process context.
	 */
	const char *(*dormant)(void);
	/*
	 * Optional: returns why the probe is not exact at this moment, or NULL if it
	 * is exact.  Process context.
	 */
	const char *(*impairment)(void);
	/*
	 * Optional: describes IOMMU unit number @index as it is now; false after the
	 * last one.  Process context, also while the probe is not attached.
	 */
	bool (*unit)(unsigned int index, struct faultcast_unit *unit);
	bool attached;
	/* Set by attaching, and to be read through faultcast_probe_status(). */
	u32 state;		/* enum faultcast_probe_state */
	bool exact;
	char reason[120];
};

/* A probe at one moment. */
struct faultcast_probe_status {
	u32 state;		/* enum faultcast_probe_state */
	bool exact;		/* only an active probe is exact */
	const char *reason;	/* why it is not active or not exact, or an empty string */
};

extern struct faultcast_probe faultcast_probe_aer;
extern struct faultcast_probe faultcast_probe_amd;
extern struct faultcast_probe faultcast_probe_dpc;
extern struct faultcast_probe faultcast_probe_hotplug;
extern struct faultcast_probe faultcast_probe_iommu;
extern struct faultcast_probe faultcast_probe_link;
extern struct faultcast_probe faultcast_probe_recovery;
extern struct faultcast_probe faultcast_probe_smmuv3;
extern struct faultcast_probe faultcast_probe_vtd;

/* How often the hardware has reported that it dropped fault records. */
extern atomic64_t faultcast_probe_hw_overflow;

/* The number of faults of an IOMMU that the DMAR table does not list. */
extern atomic64_t faultcast_probe_unknown_unit;

/* Attaches every probe that can attach here, and logs the result of each.  Process context. */
void faultcast_probe_attach_all(void);

/*
 * Detaches all attached probes.  The caller waits for callbacks with
 * tracepoint_synchronize_unregister().  Process context.
 */
void faultcast_probe_detach_all(void);

/* Probe number @index, or NULL after the last one. */
struct faultcast_probe *faultcast_probe_at(unsigned int index);

/* The number of hits of all probes for which the callback could not run. */
u64 faultcast_probe_nmissed(void);

/*
 * The status of @probe at this moment: active only if something on this machine can
 * fire it.  Process context.
 */
struct faultcast_probe_status faultcast_probe_status(const struct faultcast_probe *probe);

#endif /* FAULTCAST_PROBE_PROBE_H */
