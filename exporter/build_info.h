/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULTCAST_BUILD_INFO_H
#define FAULTCAST_BUILD_INFO_H

#include "bus/feature.h"

/* The metric that tells the exporter's version. */
extern const struct feature feature_build_info;

#endif
