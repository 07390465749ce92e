/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The position of an entry in the stream of events. Pure. */
#ifndef FAULTCAST_MODEL_CURSOR_H
#define FAULTCAST_MODEL_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

/* Where in the stream something stands; ordered within an instance. */
struct cursor {
	uint64_t instance; /* 0: none */
	uint64_t seq;
	uint64_t sub; /* > 0: made by the exporter, after event @seq */
};

/* The end of an instance: nothing of it can follow. */
#define CURSOR_SUB_END INT64_MAX

/* Before the next event, whatever else there is: what was never published before it. */
#define CURSOR_SUB_SUPPRESSED (CURSOR_SUB_END - 2)
#define CURSOR_SUB_LOST (CURSOR_SUB_END - 1)

static inline bool cursor_equal(const struct cursor *a, const struct cursor *b)
{
	return a->instance == b->instance && a->seq == b->seq && a->sub == b->sub;
}

#define CURSOR_LEN 64 /* longest text, with its NUL */

/* Writes "hex.dec.dec", or "" when there is no instance. */
void cursor_format(const struct cursor *cursor, char out[CURSOR_LEN]);

/* Reads what cursor_format() writes; -EINVAL for anything else. */
int cursor_parse(const char *text, struct cursor *cursor);

#endif
