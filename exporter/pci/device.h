/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI device as sysfs shows or showed it.  The struct is never changed after it was read: a new
 * one replaces it.
 */
#ifndef FAULTCAST_PCI_DEVICE_H
#define FAULTCAST_PCI_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/address.h"
#include "model/counts.h"
#include "model/coverage.h"
#include "model/identity.h"
#include "names.h"

#define PCI_ADDRESS_LEN 24 /* "10000:e1:00.0", with up to eight digits of a segment */
#define PCI_DOMAIN_TYPE_LEN 16
#define PCI_NUMA_NODE_LEN 12
#define PCI_CLASS_LEN 12
#define PCI_ALIASES_MAX 4

#define PCI_NO_GROUP UINT32_MAX

/* The service of the kernel's AER driver at a device that collects the errors of others. */
enum pci_aer_service { PCI_AER_NONE, PCI_AER_ROOT_PORT, PCI_AER_EVENT_COLLECTOR };

struct pci_device {
	unsigned int refs;
	struct address address;
	uint64_t removed_ns; /* CLOCK_MONOTONIC when the exporter noticed the removal; 0: present */
	uint16_t vendor_id;
	uint16_t device_id;
	const struct pci_names *names;
	char numa_node[PCI_NUMA_NODE_LEN]; /* "": the kernel knows none */
	char driver[IDENTITY_TEXT_LEN];	   /* "": none */
	char slot[IDENTITY_TEXT_LEN];	   /* nearest physical slot up the tree; "": none */
	char class_code[PCI_CLASS_LEN];	   /* "0x020000"; "": not known */
	char physfn[PCI_ADDRESS_LEN];	   /* "": it is no virtual function */
	char parent[PCI_ADDRESS_LEN];	   /* the device directly above; "": none */
	char root_port[PCI_ADDRESS_LEN];   /* "": it is on a root bus itself */
	struct device_alias aliases[PCI_ALIASES_MAX]; /* guessed; see alias.h */
	uint32_t num_aliases;
	char domain_type[PCI_DOMAIN_TYPE_LEN]; /* the kernel's name; "none": no IOMMU group */
	uint32_t group;			       /* number of the IOMMU group; PCI_NO_GROUP */
	enum pci_aer_service aer_service;      /* at this device itself */
	struct coverage_device coverage;
};

#endif
