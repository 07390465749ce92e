/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of a device: of a PCI function, or the name of another one. Pure. */
#ifndef FAULTCAST_MODEL_ADDRESS_H
#define FAULTCAST_MODEL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "faultcast.h"

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

#endif
