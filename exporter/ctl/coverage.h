/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of faultcastctl devices --all. */
#ifndef FAULTCAST_CTL_COVERAGE_H
#define FAULTCAST_CTL_COVERAGE_H

#include "faultcast/v1/device.pb-c.h"

/* Prints a row with the health and the coverage of each device.  The texts are not trusted. */
void coverage_print(const Faultcast__V1__DeviceList *list);

#endif
