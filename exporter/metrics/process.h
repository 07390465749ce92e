/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULTCAST_METRICS_PROCESS_H
#define FAULTCAST_METRICS_PROCESS_H

#include "bus/feature.h"

/* The metrics of the exporter's process. */
extern const struct feature feature_process;

#endif
