/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cards and the requester ids under which they fault, for devices.c. */
#ifndef FAULTCAST_METRICS_REQUESTERS_H
#define FAULTCAST_METRICS_REQUESTERS_H

#include "devices.h"

/* The address of the device; belongs to @device. */
const struct address *metric_device_address(const struct metric_device *device);

/* Links cards and requesters of the list.  Returns 0 or -ENOMEM. */
int metric_devices_link(struct metric_devices *devices);

/* metric_device_info() for a device that has ids of its own; false for any other. */
bool metric_device_own_info(const struct metric_device *device, struct device_info *info);

/*
 * metric_device_info() for a requester id that is no device: the labels in which all its cards
 * agree.  Returns false if there is no card.
 */
bool metric_device_cards_info(const struct metric_device *device, struct device_info *info);

#endif
