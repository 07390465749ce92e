/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gaps in coverage that the operator knows and accepts: the setting coverage.accept. */
#ifndef FAULTCAST_METRICS_ACCEPT_H
#define FAULTCAST_METRICS_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "model/coverage.h"

struct accept_options {
	uint32_t reasons[COVERAGE_KINDS]; /* for each of coverage_kinds[], a mask of 1 << reason */
};

/* The setting, a list.  The values are a struct accept_options. */
extern const struct setting_group accept_settings;

/* Whether the operator accepts that @kind has this reason.  @kind is an index of coverage_kinds[].
 */
bool coverage_is_accepted(size_t kind, enum coverage_reason reason);

#endif
