/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many devices are watched. */
#ifndef FAULTCAST_METRICS_COVERAGE_H
#define FAULTCAST_METRICS_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model/coverage.h"

struct snapshot;

struct coverage_counts {
	size_t devices[COVERAGE_STATES][COVERAGE_REASONS];
};

/* Counts the present PCI devices by their coverage for @kind, while the module is as in @s. */
void coverage_count(uint32_t kind, const struct snapshot *s, struct coverage_counts *counts);

#endif
