// SPDX-License-Identifier: GPL-2.0-or-later
#include "cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

void cursor_format(const struct cursor *c, char out[CURSOR_LEN])
{
	if (!c->instance)
		out[0] = '\0';
	else
		snprintf(out, CURSOR_LEN, "%" PRIx64 ".%" PRIu64 ".%" PRIu64, c->instance, c->seq,
			 c->sub);
}

int cursor_parse(const char *text, struct cursor *cursor)
{
	const char *whole = text;
	struct cursor c = { 0 };
	char canonical[CURSOR_LEN];

	text = number_parse(text, 16, UINT64_MAX, &c.instance);
	if (!text || *text++ != '.' || !c.instance)
		return -EINVAL;
	text = number_parse(text, 10, UINT64_MAX, &c.seq);
	if (!text || *text++ != '.')
		return -EINVAL;
	text = number_parse(text, 10, CURSOR_SUB_END, &c.sub);
	if (!text || *text)
		return -EINVAL;
	/* Clients compare cursors as text, so each cursor has only one spelling. */
	cursor_format(&c, canonical);
	if (strcmp(canonical, whole) != 0)
		return -EINVAL;
	*cursor = c;
	return 0;
}
