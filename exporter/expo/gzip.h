/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compression to the format of gzip (RFC 1952) in parts, each of which is compressed for
 * itself: of a page that is mostly as the one before only the other parts cost time.  Pure.
 */
#ifndef FAULTCAST_EXPO_GZIP_H
#define FAULTCAST_EXPO_GZIP_H

#include <stddef.h>
#include <zlib.h>

#include "base/strbuf.h"

struct gzip_part {
	size_t end;	   /* in the text */
	size_t packed_end; /* in what became of it */
	uint32_t crc;	   /* of the part alone */
};

/* A text, and what became of it if it has been compressed. */
struct gzip_text {
	struct strbuf plain;
	struct strbuf packed;
	struct gzip_part *parts;
	size_t num_parts;
	size_t allocated;
};

/*
 * Says where a part may end while the text is being written, each time the same of the same
 * text; the last one must end where the text does.  0 or -ENOMEM.
 */
int gzip_mark(struct gzip_text *text, size_t end, bool last);

void gzip_text_free(struct gzip_text *text);

/* While a text is compressed. */
struct gzip {
	z_stream stream;
	struct gzip_text *text;
	const struct gzip_text *old; /* compressed before; NULL: none */
	size_t part;
	uint32_t crc;
	bool begun;
};

/* Of a text that stays as it is, as must @old.  0 or -ENOMEM. */
int gzip_begin(struct gzip *gz, struct gzip_text *text, const struct gzip_text *old);

/* Compresses a part; false: all of it, or @text->packed.failed. */
bool gzip_step(struct gzip *gz);

/* Frees what gzip_begin() has allocated, also in the middle, also twice. */
void gzip_end(struct gzip *gz);

#endif
