// SPDX-License-Identifier: GPL-2.0-or-later
#include "gzip.h"

#include <errno.h>

#define STEP 16384
/* The text repeats itself so much that more effort gains little. */
#define LEVEL 1
#define WINDOW_BITS (15 + 16) /* 16: in the format of gzip */
#define MEM_LEVEL 8

int gzip_begin(struct gzip *gz, const struct strbuf *in)
{
	*gz = (struct gzip){ .in = in };
	if (deflateInit2(&gz->stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	gz->begun = true;
	return 0;
}

bool gzip_step(struct gzip *gz)
{
	size_t left = gz->in->len - gz->taken, now = left < STEP ? left : STEP;
	int flush = now == left ? Z_FINISH : Z_NO_FLUSH, ret = Z_OK;

	gz->stream.next_in = (Bytef *)(gz->in->s + gz->taken);
	gz->stream.avail_in = (uInt)now;
	gz->taken += now;
	do {
		if (!strbuf_reserve(&gz->out, STEP))
			return false;
		gz->stream.next_out = (Bytef *)(gz->out.s + gz->out.len);
		gz->stream.avail_out = STEP;
		ret = deflate(&gz->stream, flush);
		gz->out.len += STEP - gz->stream.avail_out;
	} while (!gz->stream.avail_out);
	return ret != Z_STREAM_END;
}

void gzip_end(struct gzip *gz)
{
	if (gz->begun)
		deflateEnd(&gz->stream);
	strbuf_free(&gz->out);
	gz->begun = false;
}
