// SPDX-License-Identifier: GPL-2.0-or-later
#include "strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void strbuf_free(struct strbuf *sb)
{
	free(sb->s);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->s)
		sb->s[0] = '\0';
}

bool strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need, size = sb->size ? sb->size : 256;
	char *s;

	if (sb->failed)
		return false;
	if (extra > SIZE_MAX / 2 - sb->len - 1) {
		sb->failed = true;
		return false;
	}
	need = sb->len + extra + 1;
	if (need <= sb->size)
		return true;
	while (size < need)
		size *= 2;
	s = realloc(sb->s, size);
	if (!s) {
		sb->failed = true;
		return false;
	}
	sb->s = s;
	sb->size = size;
	return true;
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->s ? sb->s : "";
}

char *strbuf_detach(struct strbuf *sb)
{
	char *s = sb->s;

	*sb = (struct strbuf)STRBUF_INIT;
	return s;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len)
{
	if (!strbuf_reserve(sb, len))
		return;
	memcpy(sb->s + sb->len, bytes, len);
	sb->len += len;
	sb->s[sb->len] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_add_u64(struct strbuf *sb, uint64_t value)
{
	char digits[20]; /* enough for UINT64_MAX */
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	strbuf_add(sb, digits + at, sizeof(digits) - at);
}

/* Formats into the memory that is there, and again if that was not enough. */
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list args)
{
	va_list again;
	size_t room;
	int len;

	if (!strbuf_reserve(sb, 1))
		return;
	room = sb->size - sb->len;
	va_copy(again, args);
	len = vsnprintf(sb->s + sb->len, room, fmt, again);
	va_end(again);
	if (len < 0 || !strbuf_reserve(sb, (size_t)len)) {
		sb->s[sb->len] = '\0';
		sb->failed = true;
		return;
	}
	if ((size_t)len >= room)
		vsnprintf(sb->s + sb->len, (size_t)len + 1, fmt, args);
	sb->len += (size_t)len;
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(sb, fmt, args);
	va_end(args);
}

/* Printable ASCII that needs no escape. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void strbuf_add_json_string(struct strbuf *sb, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	strbuf_addc(sb, '"');
	while (*p) {
		const unsigned char *plain = p;
		size_t len;

		while (is_plain(*p))
			p++;
		strbuf_add(sb, plain, (size_t)(p - plain));
		if (!*p)
			break;
		len = utf8_len((const char *)p);
		if (*p == '"' || *p == '\\')
			strbuf_addf(sb, "\\%c", *p);
		else if (*p == '\n')
			strbuf_adds(sb, "\\n");
		else if (*p < 0x20 || *p == 0x7f)
			strbuf_addf(sb, "\\u%04x", *p);
		else if (!len)
			strbuf_adds(sb, "\\ufffd");
		else
			strbuf_add(sb, p, len);
		p += len ? len : 1;
	}
	strbuf_addc(sb, '"');
}
