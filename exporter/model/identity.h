/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The identity of a PCI device, as the kernel module reads it. */
#ifndef FAULTCAST_MODEL_IDENTITY_H
#define FAULTCAST_MODEL_IDENTITY_H

#include <stdint.h>

#define IDENTITY_TEXT_LEN 32

/* The PCI device that is, or was, at an address. */
struct device_identity {
	uint32_t generation; /* the module counts identities per address; 0: not known */
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

#endif
