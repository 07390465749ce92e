/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as rows of a table on standard output. */
#ifndef FAULTCAST_CTL_PRINT_H
#define FAULTCAST_CTL_PRINT_H

#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"

void print_header(void);
void print_event(const struct fault_event *ev);
void print_gap(const struct fault_gap *gap);
void print_health(const struct cursor *at, const struct health_change *change);

#endif
