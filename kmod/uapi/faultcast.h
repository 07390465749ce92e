/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR MIT) */
/*
 * faultcast: PCIe fault events over generic netlink.  This file is the wire
 * contract; kmod/faultcast.yaml says the same in YNL and a test keeps both equal.
 *
 * Family "faultcast", version 1, in the initial network namespace only.  One
 * multicast group, "events"; joining it needs CAP_NET_ADMIN where the kernel
 * can say so (GENL_MCAST_CAP_NET_ADMIN).  The interface is additive only: new
 * attributes, commands, kinds and enum values may appear, none changes or goes.
 * A receiver passes over what it does not know, and counts it.
 *
 * Types are those of <linux/netlink.h>: u8, u32, u64 in host byte order, "str"
 * is NUL-terminated.  In answers, u64 attributes are preceded by the set's _PAD
 * where the alignment needs it; requests carry none.  Times are nanoseconds.
 *
 * FAULTCAST_CMD_STATUS_GET (do, anyone)
 *	request: nothing
 *	reply:	 FAULTCAST_A_STATUS_*
 *
 *	The law of conservation, true of every reply:
 *	RAISED >= PUBLISHED + SUPPRESSED + LOST + QUEUED, with equality whenever
 *	no fault is being raised at that moment; HEAD = PUBLISHED + SUMMARIES.
 *
 * FAULTCAST_CMD_DEVICE_GET (dump, anyone)
 *	request: nothing
 *	reply:	 one message per device slot in use, FAULTCAST_A_DEVICE_*
 *
 *	Counters are of faults raised since the module was loaded.
 *
 * FAULTCAST_CMD_EVENT_GET (dump, CAP_NET_ADMIN)
 *	request: FAULTCAST_A_BATCH_FROM (u64, optional): the first sequence
 *		 number wanted; the oldest retained one if absent
 *	reply:	 batches of FAULTCAST_A_BATCH_*, up to the sequence number that
 *		 was head when the dump began
 *
 *	What is no longer retained, or is evicted while the dump runs, is stated
 *	as FAULTCAST_A_BATCH_GAP in its place.  A FROM beyond head + 1 is -EINVAL.
 *
 * FAULTCAST_CMD_EVENT_NTF (multicast to "events")
 *	FAULTCAST_A_BATCH_*: one message carries one or many events
 *
 *	Sequence numbers are consecutive from 1.  A receiver that misses one, or
 *	is told ENOBUFS, asks with EVENT_GET.
 *
 *	What storm control suppressed or a full queue lost has no number.  The
 *	device's next event says how many there were since the last that said so
 *	(SUPPRESSED_BEFORE, LOST_BEFORE); if none comes for a second, an event of
 *	FAULTCAST_KIND_SUPPRESSED does.  Synthetic events neither tell nor are
 *	told of.
 *
 * FAULTCAST_CMD_CONFIG_SET (do, CAP_NET_ADMIN)
 *	request: FAULTCAST_A_CONFIG_*: storm control, for every device, or with
 *		 SEGMENT and BDF, or NAME, for one
 *	reply:	 none but the acknowledgment
 *
 *	A device may publish RATE events a second, and BURST at once; all devices
 *	together HOST_RATE.  What is beyond is suppressed: counted, not published.
 *
 * FAULTCAST_CMD_INJECT (do, CAP_NET_ADMIN)
 *	request: FAULTCAST_A_INJECT_*: one synthetic event that travels the
 *		 path of a real one, flagged FAULTCAST_EVENT_F_SYNTHETIC and
 *		 counted in FAULTCAST_COUNT_SYNTHETIC only
 *	reply:	 none but the acknowledgment; -ENODEV while the module unloads,
 *		 -ENOSPC when the queue is full (counted as lost), -EBUSY when storm
 *		 control suppressed it (counted so)
 *
 * Errors: an unknown or malformed attribute is -EINVAL, a value out of range
 * -ERANGE or -EINVAL, each with an extended acknowledgment that names the
 * attribute; nothing is changed then.
 */
#ifndef _UAPI_FAULTCAST_H
#define _UAPI_FAULTCAST_H

#define FAULTCAST_GENL_NAME	"faultcast"
#define FAULTCAST_GENL_VERSION	1
#define FAULTCAST_MCGRP_EVENTS	"events"

/* Counts additions to this file; STATUS_GET says which one the module has. */
#define FAULTCAST_ABI		4

/* The largest rate of CONFIG_SET, events a second. */
#define FAULTCAST_RATE_MAX	1000000

/* Longest device name, "bus/name", with its NUL. */
#define FAULTCAST_NAME_LEN	64

enum faultcast_cmd {
	FAULTCAST_CMD_UNSPEC,
	FAULTCAST_CMD_STATUS_GET,
	FAULTCAST_CMD_DEVICE_GET,
	FAULTCAST_CMD_EVENT_GET,
	FAULTCAST_CMD_EVENT_NTF,
	FAULTCAST_CMD_CONFIG_SET,
	FAULTCAST_CMD_INJECT,

	__FAULTCAST_CMD_MAX,
	FAULTCAST_CMD_MAX = __FAULTCAST_CMD_MAX - 1
};

/* What an event is about. */
enum faultcast_kind {
	FAULTCAST_KIND_UNSPEC,
	FAULTCAST_KIND_IO_PAGE_FAULT,		/* DMA the IOMMU refused */
	FAULTCAST_KIND_INTERRUPT_REMAPPING,	/* interrupt request it refused */
	FAULTCAST_KIND_AER,			/* advanced error reporting, PCIe 6.0 6.2 */
	FAULTCAST_KIND_LINK,			/* a link's speed or width was set anew */
	FAULTCAST_KIND_HOTPLUG,			/* a slot's card or link came or went */
	FAULTCAST_KIND_SUPPRESSED,		/* summary: SUPPRESSED_BEFORE, LOST_BEFORE */

	__FAULTCAST_KIND_MAX,
	FAULTCAST_KIND_MAX = __FAULTCAST_KIND_MAX - 1
};

/* What the device tried to do. */
enum faultcast_access {
	FAULTCAST_ACCESS_UNKNOWN,		/* the IOMMU driver does not tell */
	FAULTCAST_ACCESS_READ,
	FAULTCAST_ACCESS_WRITE,
	FAULTCAST_ACCESS_OTHER,			/* AtomicOp, page request */

	__FAULTCAST_ACCESS_MAX,
	FAULTCAST_ACCESS_MAX = __FAULTCAST_ACCESS_MAX - 1
};

/* As the kernel's AER driver numbers them. */
enum faultcast_severity {
	FAULTCAST_SEVERITY_NONFATAL,
	FAULTCAST_SEVERITY_FATAL,
	FAULTCAST_SEVERITY_CORRECTED,

	__FAULTCAST_SEVERITY_MAX,
	FAULTCAST_SEVERITY_MAX = __FAULTCAST_SEVERITY_MAX - 1
};

/* FAULTCAST_A_AER_ERROR_BIT of an AER event that has no status bit set. */
#define FAULTCAST_AER_BIT_NONE	32

/* As enum pci_hotplug_event of <linux/pci.h>. */
enum faultcast_hotplug {
	FAULTCAST_HOTPLUG_LINK_UP,
	FAULTCAST_HOTPLUG_LINK_DOWN,
	FAULTCAST_HOTPLUG_CARD_PRESENT,
	FAULTCAST_HOTPLUG_CARD_NOT_PRESENT,
	FAULTCAST_HOTPLUG_OTHER,

	__FAULTCAST_HOTPLUG_MAX,
	FAULTCAST_HOTPLUG_MAX = __FAULTCAST_HOTPLUG_MAX - 1
};

/* What a FAULTCAST_A_DEVICE_COUNTER counts, with the meaning of its DETAIL. */
enum faultcast_count {
	FAULTCAST_COUNT_UNSPEC,
	FAULTCAST_COUNT_IO_PAGE_FAULT,		/* DETAIL: enum faultcast_access */
	FAULTCAST_COUNT_INTERRUPT_REMAPPING,	/* no DETAIL */
	FAULTCAST_COUNT_SYNTHETIC,		/* no DETAIL */
	FAULTCAST_COUNT_AER,			/* DETAIL: enum faultcast_severity */
	FAULTCAST_COUNT_LINK,			/* no DETAIL */
	FAULTCAST_COUNT_HOTPLUG,		/* DETAIL: enum faultcast_hotplug */

	__FAULTCAST_COUNT_MAX,
	FAULTCAST_COUNT_MAX = __FAULTCAST_COUNT_MAX - 1
};

/* FAULTCAST_A_EVENT_FLAGS */
enum faultcast_event_flag {
	FAULTCAST_EVENT_F_SYNTHETIC	= 1 << 0, /* made by INJECT */
	FAULTCAST_EVENT_F_IDENTITY_LATE	= 1 << 1, /* identity read after the event */
};

/* FAULTCAST_A_PROBE_STATE */
enum faultcast_probe_state {
	FAULTCAST_PROBE_UNSPEC,
	FAULTCAST_PROBE_ACTIVE,
	FAULTCAST_PROBE_UNAVAILABLE,		/* this kernel or machine has no such thing */
	FAULTCAST_PROBE_FAILED,			/* it has, and attaching went wrong */
};

/* FAULTCAST_A_GAP_WHY */
enum faultcast_gap_why {
	FAULTCAST_GAP_UNSPEC,
	FAULTCAST_GAP_HISTORY,			/* no longer retained */
};

enum faultcast_a_status {
	FAULTCAST_A_STATUS_UNSPEC,
	FAULTCAST_A_STATUS_PAD,
	FAULTCAST_A_STATUS_INSTANCE,		/* u64: random, not 0, new at each load */
	FAULTCAST_A_STATUS_VERSION,		/* str: the module's version */
	FAULTCAST_A_STATUS_ABI,			/* u32: FAULTCAST_ABI */
	FAULTCAST_A_STATUS_LOADED_REAL,		/* u64: when it was loaded, CLOCK_REALTIME */
	FAULTCAST_A_STATUS_HEAD,		/* u64: last sequence number given, 0 if none */
	FAULTCAST_A_STATUS_TAIL,		/* u64: oldest one retained, 0 if none */
	FAULTCAST_A_STATUS_RAISED,		/* u64: by the probes, synthetic ones too */
	FAULTCAST_A_STATUS_PUBLISHED,		/* u64: given a number and retained */
	FAULTCAST_A_STATUS_SUPPRESSED,		/* u64: held back by storm control */
	FAULTCAST_A_STATUS_LOST,		/* u64: queue full */
	FAULTCAST_A_STATUS_QUEUED,		/* u64: raised, not yet published */
	FAULTCAST_A_STATUS_SUMMARIES,		/* u64: FAULTCAST_KIND_SUPPRESSED published */
	FAULTCAST_A_STATUS_HW_OVERFLOW,		/* u64: times the hardware dropped some */
	FAULTCAST_A_STATUS_NMISSED,		/* u64: probe hits that could not run */
	FAULTCAST_A_STATUS_UNKNOWN_UNIT,	/* u64: faults of an IOMMU no table lists */
	FAULTCAST_A_STATUS_PROBE,		/* nest, many: FAULTCAST_A_PROBE_* */
	FAULTCAST_A_STATUS_PUBLISHED_KIND,	/* nest, many: FAULTCAST_A_KINDCOUNT_* */
	FAULTCAST_A_STATUS_DEVICES,		/* u32: parameter devices= */
	FAULTCAST_A_STATUS_HISTORY,		/* u32: parameter history= */
	FAULTCAST_A_STATUS_QUEUE,		/* u32: parameter queue=, records per CPU */
	FAULTCAST_A_STATUS_RATE,		/* u32: storm control, see CONFIG_SET */
	FAULTCAST_A_STATUS_BURST,		/* u32 */
	FAULTCAST_A_STATUS_HOST_RATE,		/* u32 */

	__FAULTCAST_A_STATUS_MAX,
	FAULTCAST_A_STATUS_MAX = __FAULTCAST_A_STATUS_MAX - 1
};

enum faultcast_a_probe {
	FAULTCAST_A_PROBE_UNSPEC,
	FAULTCAST_A_PROBE_NAME,			/* str: "vtd", "iommu" */
	FAULTCAST_A_PROBE_STATE,		/* u32: enum faultcast_probe_state */
	FAULTCAST_A_PROBE_REASON,		/* str: why not active, or why not exact */
	FAULTCAST_A_PROBE_EXACT,		/* u8: 1 exact, 0 a lower bound */

	__FAULTCAST_A_PROBE_MAX,
	FAULTCAST_A_PROBE_MAX = __FAULTCAST_A_PROBE_MAX - 1
};

/* Published events of one kind; synthetic ones are not in here. */
enum faultcast_a_kindcount {
	FAULTCAST_A_KINDCOUNT_UNSPEC,
	FAULTCAST_A_KINDCOUNT_PAD,
	FAULTCAST_A_KINDCOUNT_KIND,		/* u32: enum faultcast_kind */
	FAULTCAST_A_KINDCOUNT_VALUE,		/* u64 */

	__FAULTCAST_A_KINDCOUNT_MAX,
	FAULTCAST_A_KINDCOUNT_MAX = __FAULTCAST_A_KINDCOUNT_MAX - 1
};

/*
 * A device has SEGMENT and BDF (PCI), or NAME ("bus/name"), or neither: faults
 * whose device the kernel did not know.  FAULTCAST_A_DEVICE_OVERFLOW marks the
 * slot in which all devices share that found the table full.
 */
enum faultcast_a_device {
	FAULTCAST_A_DEVICE_UNSPEC,
	FAULTCAST_A_DEVICE_PAD,
	FAULTCAST_A_DEVICE_SLOT,		/* u32: index in the module's table */
	FAULTCAST_A_DEVICE_SEGMENT,		/* u32 */
	FAULTCAST_A_DEVICE_BDF,			/* u32: bus << 8 | device << 3 | function */
	FAULTCAST_A_DEVICE_NAME,		/* str */
	FAULTCAST_A_DEVICE_OVERFLOW,		/* u8: 1 */
	FAULTCAST_A_DEVICE_COUNTER,		/* nest, many: FAULTCAST_A_COUNTER_*, if not 0 */
	FAULTCAST_A_DEVICE_PUBLISHED,		/* u64 */
	FAULTCAST_A_DEVICE_SUPPRESSED,		/* u64 */
	FAULTCAST_A_DEVICE_LOST,		/* u64 */
	FAULTCAST_A_DEVICE_FIRST_REAL,		/* u64: first real fault; absent if none */
	FAULTCAST_A_DEVICE_LAST_REAL,		/* u64: last real fault; absent if none */
	FAULTCAST_A_DEVICE_GENERATION,		/* u32: of the identity; 0 if there is none */
	FAULTCAST_A_DEVICE_IDENTITY,		/* nest: FAULTCAST_A_IDENTITY_*, the newest */
	FAULTCAST_A_DEVICE_PRESENT,		/* u8: 1 if there is such a PCI device now */
	FAULTCAST_A_DEVICE_AER_ERROR,		/* nest, many: FAULTCAST_A_AER_ERROR_*, if not 0 */
	FAULTCAST_A_DEVICE_RATE,		/* u32: if it has limits of its own */
	FAULTCAST_A_DEVICE_BURST,		/* u32 */

	__FAULTCAST_A_DEVICE_MAX,
	FAULTCAST_A_DEVICE_MAX = __FAULTCAST_A_DEVICE_MAX - 1
};

enum faultcast_a_counter {
	FAULTCAST_A_COUNTER_UNSPEC,
	FAULTCAST_A_COUNTER_PAD,
	FAULTCAST_A_COUNTER_COUNT,		/* u32: enum faultcast_count */
	FAULTCAST_A_COUNTER_DETAIL,		/* u32 */
	FAULTCAST_A_COUNTER_VALUE,		/* u64 */

	__FAULTCAST_A_COUNTER_MAX,
	FAULTCAST_A_COUNTER_MAX = __FAULTCAST_A_COUNTER_MAX - 1
};

/* An AER event may set several bits, so these are not part of the law. */
enum faultcast_a_aer_error {
	FAULTCAST_A_AER_ERROR_UNSPEC,
	FAULTCAST_A_AER_ERROR_PAD,
	FAULTCAST_A_AER_ERROR_SEVERITY,		/* u32: enum faultcast_severity */
	FAULTCAST_A_AER_ERROR_BIT,		/* u32: of the status register, or BIT_NONE */
	FAULTCAST_A_AER_ERROR_VALUE,		/* u64 */

	__FAULTCAST_A_AER_ERROR_MAX,
	FAULTCAST_A_AER_ERROR_MAX = __FAULTCAST_A_AER_ERROR_MAX - 1
};

/* A PCI device as it was; what it does not have is absent. */
enum faultcast_a_identity {
	FAULTCAST_A_IDENTITY_UNSPEC,
	FAULTCAST_A_IDENTITY_PAD,
	FAULTCAST_A_IDENTITY_GENERATION,	/* u32: grows with each change at this address */
	FAULTCAST_A_IDENTITY_VENDOR,		/* u32 */
	FAULTCAST_A_IDENTITY_DEVICE,		/* u32 */
	FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR,	/* u32 */
	FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE,	/* u32 */
	FAULTCAST_A_IDENTITY_CLASS,		/* u32: 24 bits */
	FAULTCAST_A_IDENTITY_REVISION,		/* u32 */
	FAULTCAST_A_IDENTITY_DRIVER,		/* str */
	FAULTCAST_A_IDENTITY_PHYS_SLOT,		/* str: name of the physical slot */
	FAULTCAST_A_IDENTITY_SERIAL,		/* u64: PCIe device serial number */

	__FAULTCAST_A_IDENTITY_MAX,
	FAULTCAST_A_IDENTITY_MAX = __FAULTCAST_A_IDENTITY_MAX - 1
};

enum faultcast_a_batch {
	FAULTCAST_A_BATCH_UNSPEC,
	FAULTCAST_A_BATCH_PAD,
	FAULTCAST_A_BATCH_FROM,			/* u64: request only */
	FAULTCAST_A_BATCH_INSTANCE,		/* u64: in each reply and notification */
	FAULTCAST_A_BATCH_EVENT,		/* nest, many: FAULTCAST_A_EVENT_* */
	FAULTCAST_A_BATCH_GAP,			/* nest: FAULTCAST_A_GAP_* */

	__FAULTCAST_A_BATCH_MAX,
	FAULTCAST_A_BATCH_MAX = __FAULTCAST_A_BATCH_MAX - 1
};

enum faultcast_a_gap {
	FAULTCAST_A_GAP_UNSPEC,
	FAULTCAST_A_GAP_PAD,
	FAULTCAST_A_GAP_FROM,			/* u64: first sequence number missing */
	FAULTCAST_A_GAP_TO,			/* u64: last one missing */
	FAULTCAST_A_GAP_WHY,			/* u32: enum faultcast_gap_why */

	__FAULTCAST_A_GAP_MAX,
	FAULTCAST_A_GAP_MAX = __FAULTCAST_A_GAP_MAX - 1
};

enum faultcast_a_event {
	FAULTCAST_A_EVENT_UNSPEC,
	FAULTCAST_A_EVENT_PAD,
	FAULTCAST_A_EVENT_SEQ,			/* u64: order of publication */
	FAULTCAST_A_EVENT_KIND,			/* u32: enum faultcast_kind */
	FAULTCAST_A_EVENT_FLAGS,		/* u32: enum faultcast_event_flag */
	FAULTCAST_A_EVENT_SLOT,			/* u32: index in the module's table */
	FAULTCAST_A_EVENT_SEGMENT,		/* u32: with BDF; see FAULTCAST_A_DEVICE_* */
	FAULTCAST_A_EVENT_BDF,			/* u32 */
	FAULTCAST_A_EVENT_NAME,			/* str */
	FAULTCAST_A_EVENT_MONO,			/* u64: CLOCK_MONOTONIC, in the probe */
	FAULTCAST_A_EVENT_REAL,			/* u64: the same moment, CLOCK_REALTIME */
	FAULTCAST_A_EVENT_IOVA,			/* u64: address used; VT-d: of its page */
	FAULTCAST_A_EVENT_ACCESS,		/* u32: enum faultcast_access */
	FAULTCAST_A_EVENT_REASON,		/* u32: VT-d fault reason, VT-d 7.2.3 */
	FAULTCAST_A_EVENT_PASID,		/* u32: absent without PASID */
	FAULTCAST_A_EVENT_IRTE_INDEX,		/* u32: interrupt remapping table index */
	FAULTCAST_A_EVENT_AER_SEVERITY,		/* u32: enum faultcast_severity */
	FAULTCAST_A_EVENT_AER_STATUS,		/* u32: the status register's bits */
	FAULTCAST_A_EVENT_AER_TLP,		/* binary: 4 u32, TLP header; absent if invalid */
	FAULTCAST_A_EVENT_GENERATION,		/* u32: of the identity; 0 if there is none */
	FAULTCAST_A_EVENT_SUPPRESSED_BEFORE,	/* u64: absent if 0 */
	FAULTCAST_A_EVENT_IDENTITY,		/* nest: FAULTCAST_A_IDENTITY_* at the event */
	FAULTCAST_A_EVENT_HOTPLUG,		/* u32: enum faultcast_hotplug */
	FAULTCAST_A_EVENT_LINK_REASON,		/* u32: the kernel's enum pcie_link_change_reason */
	FAULTCAST_A_EVENT_LINK_SPEED,		/* u32: enum pci_bus_speed of <linux/pci.h> */
	FAULTCAST_A_EVENT_LINK_WIDTH,		/* u32: lanes */
	FAULTCAST_A_EVENT_LINK_STATUS,		/* u32: link status register, PCIe 6.0 7.5.3.8 */
	FAULTCAST_A_EVENT_LOST_BEFORE,		/* u64: absent if 0 */

	__FAULTCAST_A_EVENT_MAX,
	FAULTCAST_A_EVENT_MAX = __FAULTCAST_A_EVENT_MAX - 1
};

/* What is absent stays as it is. */
enum faultcast_a_config {
	FAULTCAST_A_CONFIG_UNSPEC,
	FAULTCAST_A_CONFIG_PAD,
	FAULTCAST_A_CONFIG_SEGMENT,		/* u32: with BDF: this device only */
	FAULTCAST_A_CONFIG_BDF,			/* u32: at most 65535 */
	FAULTCAST_A_CONFIG_RATE,		/* u32: events a second, 0: no limit */
	FAULTCAST_A_CONFIG_BURST,		/* u32: 1 to half the queue */
	FAULTCAST_A_CONFIG_HOST_RATE,		/* u32: not with a device */
	FAULTCAST_A_CONFIG_DEFAULT,		/* flag: this device has no limit of its own */
	FAULTCAST_A_CONFIG_NAME,		/* str: instead of SEGMENT and BDF */

	__FAULTCAST_A_CONFIG_MAX,
	FAULTCAST_A_CONFIG_MAX = __FAULTCAST_A_CONFIG_MAX - 1
};

/* The device is SEGMENT and BDF together, or NAME, or neither (an unknown device). */
enum faultcast_a_inject {
	FAULTCAST_A_INJECT_UNSPEC,
	FAULTCAST_A_INJECT_PAD,
	FAULTCAST_A_INJECT_SEGMENT,		/* u32 */
	FAULTCAST_A_INJECT_BDF,			/* u32: at most 65535 */
	FAULTCAST_A_INJECT_KIND,		/* u32, required: KIND_IO_PAGE_FAULT or KIND_AER */
	FAULTCAST_A_INJECT_ACCESS,		/* u32: enum faultcast_access, default unknown */
	FAULTCAST_A_INJECT_IOVA,		/* u64: default 0 */
	FAULTCAST_A_INJECT_NAME,		/* str: instead of SEGMENT and BDF */
	FAULTCAST_A_INJECT_AER_SEVERITY,	/* u32: enum faultcast_severity, default nonfatal */
	FAULTCAST_A_INJECT_AER_STATUS,		/* u32: default 0 */

	__FAULTCAST_A_INJECT_MAX,
	FAULTCAST_A_INJECT_MAX = __FAULTCAST_A_INJECT_MAX - 1
};

#endif /* _UAPI_FAULTCAST_H */
