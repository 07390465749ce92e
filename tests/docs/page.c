// SPDX-License-Identifier: GPL-2.0-or-later
#include "page.h"

#include <string.h>

#define COLUMNS 100

/* Adds one line of the text, which ends at @end, as one or several lines of the page. */
static void add_line(struct strbuf *out, const char *at, const char *end)
{
	const char *indent = strncmp(at, "- ", 2) ? "" : "  ";
	size_t column = 0;

	while (at < end) {
		size_t len = strcspn(at, " \n");

		if (column && column + 1 + len > COLUMNS) {
			strbuf_addf(out, "\n%s", indent);
			column = strlen(indent);
		} else if (column) {
			strbuf_addc(out, ' ');
			column++;
		}
		strbuf_add(out, at, len);
		column += len;
		at += len + 1;
	}
	strbuf_addc(out, '\n');
}

void page_add_text(struct strbuf *out, const char *text)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');

		add_line(out, text, end);
		text = *end ? end + 1 : end;
	}
	strbuf_addc(out, '\n');
}
