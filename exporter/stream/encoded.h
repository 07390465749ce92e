/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries as the bytes that clients of the stream get.  One of the window is
 * encoded once, however many clients read it.
 */
#ifndef FAULTCAST_STREAM_ENCODED_H
#define FAULTCAST_STREAM_ENCODED_H

#include <stddef.h>

#include "base/strbuf.h"
#include "model/cursor.h"
#include "model/entry.h"
#include "request.h"

/* What a stream begins with, "" if nothing. */
const char *encoded_preface(enum stream_encoding encoding);

struct encoded {
	struct strbuf bytes;
	size_t told; /* of them, what comes before: gaps that the event tells of */
};

/* Fills @out, keeping its memory, with @entry. */
void encoded_entry(struct encoded *out, enum stream_encoding encoding, const struct entry *entry);

/* Entry @number of the window; valid until the next call. */
const struct encoded *encoded_window(uint64_t number, enum stream_encoding encoding);

void encoded_add_heartbeat(struct strbuf *out, enum stream_encoding encoding,
			   const struct cursor *at);

/* Frees what encoded_window() keeps. */
void encoded_fini(void);

#endif
