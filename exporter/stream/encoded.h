/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries as the bytes that clients of the stream get.  An entry of the window is encoded once per
 * encoding, however many clients read it.
 */
#ifndef FAULTCAST_STREAM_ENCODED_H
#define FAULTCAST_STREAM_ENCODED_H

#include <stddef.h>

#include "base/strbuf.h"
#include "model/cursor.h"
#include "model/entry.h"
#include "request.h"

/* The bytes that a stream in @encoding begins with; may be "". */
const char *encoded_preface(enum stream_encoding encoding);

struct encoded {
	struct strbuf bytes;
	size_t told; /* length of the gaps that stand before an event */
};

/*
 * Encodes @entry into @out, and reuses its memory: in the encoding of @request, and with the serial
 * number of the device if @request has serials.  Check @out->bytes.failed.
 */
void encoded_entry(struct encoded *out, const struct stream_request *request,
		   const struct entry *entry);

/* Returns entry @number of the window, encoded likewise; valid until the next call. */
const struct encoded *encoded_window(uint64_t number, const struct stream_request *request);

/* Adds a heartbeat at cursor @at. */
void encoded_add_heartbeat(struct strbuf *out, enum stream_encoding encoding,
			   const struct cursor *at);

/* Frees the entries that encoded_window() keeps. */
void encoded_fini(void);

#endif
