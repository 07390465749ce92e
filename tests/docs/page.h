/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers for pages of docs/ that are generated from the tables in the source. */
#ifndef FAULTCAST_TEST_DOCS_PAGE_H
#define FAULTCAST_TEST_DOCS_PAGE_H

#include "base/strbuf.h"

/* Writes the whole page to @out. */
typedef void page_fn(struct strbuf *out);

page_fn page_metrics;  /* metrics.c */
page_fn page_http_api; /* http_api.c */
page_fn page_settings; /* settings.c */

/*
 * Adds @text, wrapped at 100 columns, and an empty line.  A newline in @text begins a new line; a
 * line that begins with "- " is an item of a list.
 */
void page_add_text(struct strbuf *out, const char *text);

#endif
