// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

#include <stdint.h>

size_t utf8_read(const char *text, uint32_t *out)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len, i;
	uint32_t code;

	*out = s[0];
	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	code = s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
	    (len == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	*out = code;
	return len;
}

size_t utf8_len(const char *text)
{
	uint32_t code;

	return utf8_read(text, &code);
}

/* C0, DEL and C1; marks and controls of direction; separators of lines; invisible characters. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x00, 0x1f },	    { 0x7f, 0x9f },	  { 0xad, 0xad },     { 0x61c, 0x61c },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e },	  { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
};

bool utf8_is_printable(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (code >= unprintable[i].first && code <= unprintable[i].last)
			return false;
	return true;
}

void utf8_make_printable(char *s)
{
	char *to;
	uint32_t code;

	/* Nearly every text is printable ASCII, and each event has several texts. */
	while (*s >= ' ' && *s <= '~')
		s++;
	to = s;
	while (*s) {
		size_t len = utf8_read(s, &code);
		bool ok = len && utf8_is_printable(code);

		for (size_t i = 0; ok && i < len; i++)
			*to++ = s[i];
		if (!ok)
			*to++ = '?';
		s += len ? len : 1;
	}
	*to = '\0';
}

void utf8_repair(char *s)
{
	while (*s) {
		size_t len = utf8_len(s);

		if (!len)
			*s = '?';
		s += len ? len : 1;
	}
}
