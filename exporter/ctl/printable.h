/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output for a terminal: text of a server or of the module cannot control the terminal. */
#ifndef FAULTCAST_CTL_PRINTABLE_H
#define FAULTCAST_CTL_PRINTABLE_H

#include "base/strbuf.h"

/* Prints one line on standard output, with "?" for each character that is not printable. */
void printable_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Moves JSON from @pending to standard output.  Characters that are not printable become escapes of
 * JSON, except for line breaks.  An incomplete character at the end stays in @pending.
 */
void printable_json(struct strbuf *pending);

#endif
