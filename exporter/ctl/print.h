/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the stream as rows of a table on standard output. */
#ifndef FAULTCAST_CTL_PRINT_H
#define FAULTCAST_CTL_PRINT_H

#include "model/entry.h"

#define PRINT_TIME_LEN 40

/* Writes "2026-01-31 12:00:00.123456" in local time; "-" for 0.  @real_ns is CLOCK_REALTIME. */
void print_format_time(uint64_t real_ns, char out[PRINT_TIME_LEN]);

/* Prints the names of the columns. */
void print_header(void);

/* Prints one row for @entry; a gap is a line that begins with "--". */
void print_entry(const struct entry *entry);

#endif
