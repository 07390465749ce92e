/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression in steps, zlib's gzip format (RFC 1952).  Pure. */
#ifndef FAULTCAST_EXPO_GZIP_H
#define FAULTCAST_EXPO_GZIP_H

#include <zlib.h>

#include "../strbuf.h"

struct gzip {
	z_stream stream;
	const struct strbuf *in;
	struct strbuf out;
	size_t taken; /* of @in */
	bool begun;
};

/* Of @in, which must stay as it is.  0 or -ENOMEM. */
int gzip_begin(struct gzip *gz, const struct strbuf *in);

/* Compresses a little more into @out; false: all of it, or @out.failed. */
bool gzip_step(struct gzip *gz);

/* Frees what gzip_begin() has allocated, also in the middle, also twice. */
void gzip_end(struct gzip *gz);

#endif
