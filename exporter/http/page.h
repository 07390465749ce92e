/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The landing page. */
#ifndef FAULTCAST_HTTP_PAGE_H
#define FAULTCAST_HTTP_PAGE_H

#include "base/strbuf.h"

/* Adds the page, with a link to @metrics_path. */
void page_render(struct strbuf *sb, const char *metrics_path);

#endif
