/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that have series, in the order of their addresses: every device of the kernel
 * module's table and every PCI device of sysfs, each once.  A device that was removed longer ago
 * than --metrics.removed-devices says is not listed; see devices_forgotten() in pci/devices.h.
 */
#ifndef FAULTCAST_METRICS_DEVICES_H
#define FAULTCAST_METRICS_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/snapshot.h"
#include "exemplars.h"
#include "health/judge.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/requesters.h"
#include "pci/devices.h"

struct metric_device {
	const struct device_counts *counts; /* all zero if the module has no counters of it */
	const struct pci_device *pci;	    /* NULL: no such device is or was in sysfs */
	const struct module_status *module; /* NULL: the module is not loaded */
	uint64_t instance;		    /* the module that @counts come from */
	enum health_state health;	    /* HEALTH_UNKNOWN: no health rules are applied */
	bool counted;			    /* the module has counted something of it */
	bool with_serial;		    /* its serial number is shown */
	char name[ADDRESS_LEN];		    /* the value of the label device */
	/* The other requester ids of the device; from the module if it has them, else a guess. */
	const struct device_alias *aliases;
	uint32_t num_aliases;
	/* The devices of @list whose DMA may appear under this device's requester id. */
	const struct requester_link *cards;
	size_t num_cards;
	const struct metric_device *list;
	size_t num_listed;
};

/* All zero at first.  May be built any number of times. */
struct metric_devices {
	struct metric_device *list;
	size_t count;
	size_t omitted; /* devices that are not in the list because of the limit */
	bool serials;	/* set by the caller: devices have their serial numbers */
	struct requesters requesters;
	/* Kept from one metric_devices_build() to the next. */
	uint32_t *order; /* indices of the snapshot's devices, in the order of their addresses */
	size_t ordered;	 /* length of @order */
};

/*
 * Fills the list, after releasing its old content.  The list points into @s, which must not change
 * until metric_devices_release().  If there are more than @max devices, the list has the devices
 * that have raised a real fault, then devices that are present, then others, and within each of
 * these groups those with the lowest addresses.  Returns 0, or -ENOMEM with an empty list.
 */
int metric_devices_build(struct metric_devices *devices, const struct snapshot *s, size_t max);

/* Empties the list.  Keeps the memory that makes the next metric_devices_build() cheaper. */
void metric_devices_release(struct metric_devices *devices);

/* Empties the list and frees all memory. */
void metric_devices_free(struct metric_devices *devices);

/*
 * The exemplars of the device's counters, all empty if there are none; never NULL.  Valid until the
 * next event; see exemplars_of().
 */
const struct device_exemplars *metric_device_exemplars(const struct metric_device *device);

/* The labels of faultcast_device_info.  A string is "" if the value is not known. */
struct device_info {
	char serial[24];       /* "52-54-00-ff-ff-12-34-56" */
	char class_text[12];   /* the memory of @class_code */
	const char *vendor_id; /* "0x8086" */
	const char *device_id;
	const char *numa_node;
	const char *slot;	/* the nearest physical slot up the tree */
	const char *class_code; /* "0x020000" */
	const char *physfn;	/* the address of a virtual function's physical one */
	const char *driver;
	const char *vendor;
	const char *model;
	const char *root_port;
};

/*
 * Fills @info from the kernel module's data if the module knows the device, because the module
 * learns of a new card before sysfs is read again; otherwise from sysfs.  A requester id that is no
 * device has the labels in which all its cards agree.  Returns false if nothing is known, or if
 * memory is short.  The strings belong to @device.
 */
bool metric_device_info(const struct metric_device *device, struct device_info *info);

/*
 * Calls @each for every device whose DMA may appear under the requester id of @device, which is one
 * of them if it is a device itself.  @bridge is the bridge that the requester id belongs to, or the
 * port above its bus; "" if not known.  Does nothing if there is no other device but @device.
 */
void metric_device_each_card(const struct metric_device *device,
			     void (*each)(void *ctx, const struct metric_device *card,
					  const char *bridge),
			     void *ctx);

/* The type of the device's IOMMU domain, or NULL if it is not known.  Belongs to @device. */
const char *metric_device_domain(const struct metric_device *device);

/*
 * The properties of the device that decide its coverage: those of sysfs, and its requester ids.
 * @counts, which may be NULL, are those of @pci.
 */
struct coverage_device metric_coverage(const struct device_counts *counts,
				       const struct pci_device *pci,
				       const struct module_status *module);

/* Whether faults of @kind of the device would be counted; see coverage_of(). */
bool metric_device_is_watched(const struct metric_device *device, uint32_t kind);

/*
 * The health of a device that the rules call @state, as far as it is known: HEALTH_OK only if
 * coverage_allows_ok() says so, else HEALTH_UNKNOWN.  @counts are from @s.
 */
enum health_state metric_health(const struct device_counts *counts, const struct snapshot *s,
				enum health_state state);

/*
 * The requester ids of the device other than its own, and their number: those that the module
 * reports, else those that sysfs lets one guess.  Belong to @counts or @pci, which may be NULL.
 */
const struct device_alias *metric_aliases(const struct device_counts *counts,
					  const struct pci_device *pci,
					  const struct module_status *module, uint32_t *num);

/* The same of a device of the list. */
enum health_state metric_device_health(const struct metric_device *device);

#endif
