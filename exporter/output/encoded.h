/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries as the bytes that clients of the stream get.  One of the window is
 * encoded once, however many clients read it.
 */
#ifndef FAULTCAST_OUTPUT_ENCODED_H
#define FAULTCAST_OUTPUT_ENCODED_H

#include "../entry.h"
#include "../strbuf.h"
#include "../stream_request.h"

/* What a stream begins with, "" if nothing. */
const char *encoded_preface(enum stream_encoding encoding);

/* Adds @entry. */
void encoded_add(struct strbuf *out, enum stream_encoding encoding, const struct entry *entry);
void encoded_add_heartbeat(struct strbuf *out, enum stream_encoding encoding,
			   const struct cursor *at);

/* Entry @number of the window; NULL when out of memory.  Valid until the next call. */
const struct strbuf *encoded_window(uint64_t number, enum stream_encoding encoding);

/* Frees what encoded_window() keeps. */
void encoded_fini(void);

#endif
