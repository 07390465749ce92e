/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A statement that events are missing. */
#ifndef FAULTCAST_MODEL_GAP_H
#define FAULTCAST_MODEL_GAP_H

#include <stdbool.h>
#include <stdint.h>

enum gap_reason { GAP_HISTORY, GAP_UNKNOWN_CURSOR, GAP_TOO_SLOW, GAP_UNLOADED, GAP_REASONS };

/* The events @from to @to are missing. If @from is 0, the number of missing events is unknown. */
struct fault_gap {
	enum gap_reason reason;
	uint64_t from;
	uint64_t to;
	bool found; /* found by a reader between two entries, and itself no entry of the stream */
};

#endif
