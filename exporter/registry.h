/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of all features of the exporter. */
#ifndef FAULTCAST_REGISTRY_H
#define FAULTCAST_REGISTRY_H

#include "bus/feature.h"

/* In the order in which their outputs get each entry; ends with NULL. */
extern const struct feature *const features[];

#endif
