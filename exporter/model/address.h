/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of a device: a PCI function, or the name of a device that is not PCI. Pure. */
#ifndef FAULTCAST_MODEL_ADDRESS_H
#define FAULTCAST_MODEL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "faultcast.h"

enum address_type { ADDRESS_UNKNOWN, ADDRESS_PCI, ADDRESS_NAME, ADDRESS_OVERFLOW };

struct address {
	enum address_type type;
	/* ADDRESS_PCI: segment (domain); bus, device and function as the kernel's PCI_DEVID. */
	uint32_t segment;
	uint16_t bdf;
	/* ADDRESS_NAME: "bus/name". */
	char name[FAULTCAST_NAME_LEN];
};

#define ADDRESS_LEN FAULTCAST_NAME_LEN

/* Writes "0000:03:00.0", "bus/name", "unknown" or "overflow". */
void address_format(const struct address *address, char out[ADDRESS_LEN]);

/* Reads "0000:03:00.0", or "03:00.0" with segment 0.  Returns 0 or -EINVAL. */
int address_parse_pci(const char *text, struct address *address);

/*
 * Reads the texts of address_format() except "overflow", which is no device, and "03:00.0".
 * Returns 0 or -EINVAL.
 */
int address_parse(const char *text, struct address *address);

/* True if both are the same device. */
bool address_equal(const struct address *a, const struct address *b);

/* An order for sorting: returns <0, 0 or >0.  PCI devices are in the order of segment and bdf. */
int address_compare(const struct address *a, const struct address *b);

#endif
