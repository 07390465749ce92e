/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard error for a program that must not block: a pipe, socket or terminal that nobody reads
 * loses lines, which are counted.  May be used by several threads.
 */
#ifndef FAULTCAST_BASE_STDERR_H
#define FAULTCAST_BASE_STDERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes @line, which ends with a line break, or drops it if it cannot be written now.  A line that
 * is longer than PIPE_BUF may be cut.  Returns whether the whole line was written.
 */
bool stderr_write(const char *line, size_t len);

/*
 * Takes the numbers of closed standard descriptors, so that no socket or file gets them and
 * receives what the program prints.  Writing to them fails.  To be called first, by one thread.
 */
void stderr_take_closed(void);

/* The number of lines that were not written, or not completely. */
uint64_t stderr_dropped(void);

#endif
