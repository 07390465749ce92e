// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

#include <stdint.h>

size_t utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len, i;
	uint32_t code;

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
	return len;
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
