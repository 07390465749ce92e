/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thousands of devices and their faults, each derived from its number alone. Pure functions. */
#ifndef FAULTCAST_STANDIN_FLEET_H
#define FAULTCAST_STANDIN_FLEET_H

#include "model/counts.h"
#include "model/event.h"

#define FLEET_MAX 4096

/* Device @number. The devices alternate between PCI segments 1 and 2. Odd ones have AER. */
struct device_counts fleet_device(uint32_t number);

/*
 * Event @seq of a fleet of @devices, the first of which has slot @first. Each device has
 * one event in turn. Every second round consists of AER errors, of the devices that have
 * AER.
 */
struct fault_event fleet_event(uint64_t seq, uint32_t devices, uint32_t first);

#endif
