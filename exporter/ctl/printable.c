// SPDX-License-Identifier: GPL-2.0-or-later
#include "printable.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void printable_line(const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(&line, fmt, args);
	va_end(args);
	if (line.len)
		utf8_make_printable(line.s);
	puts(strbuf_str(&line));
	strbuf_free(&line);
}

/* RFC 8259 section 7: beyond the first plane, an escape is a pair of surrogates. */
static void print_escape(uint32_t code)
{
	if (code < 0x10000)
		printf("\\u%04" PRIx32, code);
	else
		printf("\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((code - 0x10000) >> 10),
		       0xdc00 + (code & 0x3ff));
}

/* True if the bytes up to the end may be the beginning of a character. */
static bool is_incomplete(const char *s, size_t left)
{
	const unsigned char first = (unsigned char)*s;
	size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

	for (size_t i = 1; i < left; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return false;
	return left < len;
}

void printable_json(struct strbuf *pending)
{
	size_t at = 0;
	uint32_t code;

	while (at < pending->len && !is_incomplete(pending->s + at, pending->len - at)) {
		size_t len = utf8_read(pending->s + at, &code);

		if (!len)
			print_escape(0xfffd);
		else if (code == '\n' || utf8_is_printable(code))
			fwrite(pending->s + at, 1, len, stdout);
		else
			print_escape(code);
		at += len ? len : 1;
	}
	memmove(pending->s, pending->s + at, pending->len - at);
	pending->len -= at;
	if (pending->s)
		pending->s[pending->len] = '\0';
}
