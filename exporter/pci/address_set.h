/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of PCI devices without duplicates. */
#ifndef FAULTCAST_PCI_ADDRESS_SET_H
#define FAULTCAST_PCI_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/address.h"

/* All zero at first.  address_set_free() frees the memory. */
struct address_set {
	uint64_t *at; /* sorted; each is segment << 16 | bdf */
	size_t count, allocated;
};

/* Returns false if memory is short. */
bool address_set_add(struct address_set *set, const struct address *address);

/* Removes the greatest address and stores it in @address.  Returns false if the set is empty. */
bool address_set_take(struct address_set *set, struct address *address);

void address_set_free(struct address_set *set);

#endif
