/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The position of an entry in the stream of events. Pure. */
#ifndef FAULTCAST_MODEL_CURSOR_H
#define FAULTCAST_MODEL_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

/* A position in the stream.  Cursors of one instance are ordered by @seq, then by @sub. */
struct cursor {
	uint64_t instance; /* 0: none */
	uint64_t seq;
	uint64_t sub; /* 0: event @seq; greater: an entry of the exporter after event @seq */
};

/* The sub of the last cursor of an instance. */
#define CURSOR_SUB_END INT64_MAX

/* The gaps for unreported faults stand directly before the next event. */
#define CURSOR_SUB_SUPPRESSED (CURSOR_SUB_END - 2)
#define CURSOR_SUB_LOST (CURSOR_SUB_END - 1)

/* True if both are the same position. */
static inline bool cursor_equal(const struct cursor *a, const struct cursor *b)
{
	return a->instance == b->instance && a->seq == b->seq && a->sub == b->sub;
}

#define CURSOR_LEN 64 /* longest text, with its NUL */

/* Writes "hex.dec.dec", or "" if the cursor has no instance. */
void cursor_format(const struct cursor *cursor, char out[CURSOR_LEN]);

/* Reads "hex.dec.dec".  Returns 0, or -EINVAL for any other spelling. */
int cursor_parse(const char *text, struct cursor *cursor);

#endif
