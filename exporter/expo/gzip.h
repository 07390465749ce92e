/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compresses a text to the format of gzip (RFC 1952).  Each part of the text is compressed on its
 * own, so that parts that are equal to those of an earlier text need not be compressed again. Pure.
 */
#ifndef FAULTCAST_EXPO_GZIP_H
#define FAULTCAST_EXPO_GZIP_H

#include <stddef.h>
#include <zlib.h>

#include "base/strbuf.h"

struct gzip_part {
	size_t end;	   /* offset in the text */
	size_t packed_end; /* offset in the compressed text */
	uint32_t crc;	   /* CRC-32 of this part alone */
};

/* A text and, once it has been compressed, its compressed form.  All zero at first. */
struct gzip_text {
	struct strbuf plain;
	struct strbuf packed;
	struct gzip_part *parts;
	size_t num_parts;
	size_t allocated;
};

/*
 * Marks @end as a place where a part of the text may end.  To find equal parts in the next text,
 * call it at the same places of the next text.  @last: the text ends here.  Returns 0 or -ENOMEM.
 */
int gzip_mark(struct gzip_text *text, size_t end, bool last);

/* Frees the text and its compressed form; @text is all zero afterwards. */
void gzip_text_free(struct gzip_text *text);

/* The progress of compressing one text. */
struct gzip {
	z_stream stream;
	struct gzip_text *text;
	const struct gzip_text *old; /* an earlier text, compressed; NULL: none */
	size_t part;
	uint32_t crc;
	bool begun;
};

/*
 * Begins to compress @text.  Neither @text nor @old, which may be NULL, may change until
 * gzip_end(). Returns 0 or -ENOMEM.
 */
int gzip_begin(struct gzip *gz, struct gzip_text *text, const struct gzip_text *old);

/*
 * Compresses one part.  Returns false once the whole text is compressed, or when memory is short,
 * in which case @text->packed.failed is set.
 */
bool gzip_step(struct gzip *gz);

/* Frees what gzip_begin() has allocated.  May be called at any time, and again. */
void gzip_end(struct gzip *gz);

#endif
