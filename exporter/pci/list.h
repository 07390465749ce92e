/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list behind devices_list(), for the code that keeps it up to date. */
#ifndef FAULTCAST_PCI_LIST_H
#define FAULTCAST_PCI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "model/address.h"

/*
 * Inserts @device, or replaces the device at its address.  Takes over the reference, also if memory
 * is short, in which case the device is not listed and an error is logged.
 */
void list_put(const struct pci_device *device);

/* Drops the devices for whose time of removal @is_over returns true. */
void list_drop(bool (*is_over)(uint64_t removed_ns));

/* Empties the list and frees it. */
void list_free(void);

#endif
