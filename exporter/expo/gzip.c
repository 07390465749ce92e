// SPDX-License-Identifier: GPL-2.0-or-later
#include "gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_LEN 10
#define PART_MIN 8192
/* Metrics repeat themselves so much that a higher level gains little. */
#define LEVEL 1
#define RAW_WINDOW_BITS (-15) /* negative: header and trailer are ours */
#define MEM_LEVEL 8

int gzip_mark(struct gzip_text *text, size_t end, bool last)
{
	size_t start = text->num_parts ? text->parts[text->num_parts - 1].end : 0;

	if (end == start || (end - start < PART_MIN && !last))
		return 0;
	if (text->num_parts == text->allocated) {
		size_t more = text->allocated ? text->allocated * 2 : 64;
		void *grown = reallocarray(text->parts, more, sizeof(*text->parts));

		if (!grown)
			return -ENOMEM;
		text->parts = grown;
		text->allocated = more;
	}
	text->parts[text->num_parts++] = (struct gzip_part){ .end = end };
	return 0;
}

void gzip_text_free(struct gzip_text *text)
{
	strbuf_free(&text->plain);
	strbuf_free(&text->packed);
	free(text->parts);
	*text = (struct gzip_text){ 0 };
}

int gzip_begin(struct gzip *gz, struct gzip_text *text, const struct gzip_text *old)
{
	/* Method deflate; no name, no time, no operating system (RFC 1952 2.3). */
	static const unsigned char header[HEADER_LEN] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

	*gz = (struct gzip){ .text = text, .old = old };
	if (deflateInit2(&gz->stream, LEVEL, Z_DEFLATED, RAW_WINDOW_BITS, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	gz->begun = true;
	strbuf_add(&text->packed, header, sizeof(header));
	return 0;
}

static void add_le32(struct strbuf *sb, uint32_t value)
{
	for (int i = 0; i < 4; i++, value >>= 8)
		strbuf_addc(sb, (char)value);
}

static void finish(struct gzip *gz)
{
	/* The last block: fixed codes and no content (RFC 1951 3.2.6). */
	strbuf_add(&gz->text->packed, "\x03\x00", 2);
	add_le32(&gz->text->packed, gz->crc);
	add_le32(&gz->text->packed, (uint32_t)gz->text->plain.len);
}

static size_t start_of(const struct gzip_text *text, size_t part)
{
	return part ? text->parts[part - 1].end : 0;
}

static bool take_old(struct gzip *gz, struct gzip_part *part, size_t start, size_t len)
{
	const struct gzip_text *old = gz->old;
	size_t i = gz->part, packed_start;

	if (!old || i >= old->num_parts || old->parts[i].end - start_of(old, i) != len ||
	    memcmp(old->plain.s + start_of(old, i), gz->text->plain.s + start, len) != 0)
		return false;
	packed_start = i ? old->parts[i - 1].packed_end : HEADER_LEN;
	part->crc = old->parts[i].crc;
	strbuf_add(&gz->text->packed, old->packed.s + packed_start,
		   old->parts[i].packed_end - packed_start);
	return true;
}

/* The full flush makes the next part independent of this one. */
static void compress_part(struct gzip *gz, struct gzip_part *part, size_t start, size_t len)
{
	struct strbuf *out = &gz->text->packed;
	Bytef *in = (Bytef *)(gz->text->plain.s + start);
	size_t room = deflateBound(&gz->stream, len) + 16;

	if (!strbuf_reserve(out, room))
		return;
	part->crc = (uint32_t)crc32_z(0, in, len);
	gz->stream.next_in = in;
	gz->stream.avail_in = (uInt)len;
	gz->stream.next_out = (Bytef *)(out->s + out->len);
	gz->stream.avail_out = (uInt)room;
	deflate(&gz->stream, Z_FULL_FLUSH);
	out->len += room - gz->stream.avail_out;
	out->failed = !gz->stream.avail_out;
}

bool gzip_step(struct gzip *gz)
{
	struct gzip_text *text = gz->text;
	struct gzip_part *part;
	size_t start, len;

	if (gz->part == text->num_parts) {
		finish(gz);
		return false;
	}
	part = &text->parts[gz->part];
	start = start_of(text, gz->part);
	len = part->end - start;
	if (!take_old(gz, part, start, len))
		compress_part(gz, part, start, len);
	part->packed_end = text->packed.len;
	gz->crc = (uint32_t)crc32_combine(gz->crc, part->crc, (z_off_t)len);
	gz->part++;
	return !text->packed.failed;
}

void gzip_end(struct gzip *gz)
{
	if (gz->begun)
		deflateEnd(&gz->stream);
	gz->begun = false;
}
