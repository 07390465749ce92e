// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

const char *number_parse(const char *text, int base, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)*text) || (text[0] == '0' && (text[1] | 32) == 'x'))
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return end == text || errno || *value > max ? NULL : end;
}
