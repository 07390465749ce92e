/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices by the thousand and their faults, each by its number alone.  Pure. */
#ifndef FAULTCAST_STANDIN_FLEET_H
#define FAULTCAST_STANDIN_FLEET_H

#include "model/counts.h"
#include "model/event.h"

#define FLEET_MAX 4096

/* Device @number: PCI segments 1 and 2, bus and function in turn; odd ones have AER. */
struct device_counts fleet_device(uint32_t number);

/*
 * Event @seq of a fleet of @devices, of which the first has slot @first: one of each
 * in turn; every other round is of AER errors, by those that have it.
 */
struct fault_event fleet_event(uint64_t seq, uint32_t devices, uint32_t first);

#endif
