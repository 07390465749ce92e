/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing a format by the headers Accept and Accept-Encoding (RFC 9110 12.5).  Pure. */
#ifndef FAULTCAST_HTTP_ACCEPT_H
#define FAULTCAST_HTTP_ACCEPT_H

#include <stdbool.h>

/*
 * Returns the index of the offer to which @header gives the highest quality, the first one of
 * equals, or -1 if it accepts none.  A @header of NULL accepts everything.  @offers are media
 * types, "type/subtype" with or without parameters, ended by NULL.  A media range does not match an
 * offer if both have the same parameter with different values.  Parameters that the offer does not
 * have are ignored, and so are parts of @header that cannot be read.
 */
int accept_choose(const char *header, const char *const *offers);

/*
 * True if @header gives gzip at least the quality of the plain body.  @header is Accept-Encoding,
 * or NULL.
 */
bool accept_gzip(const char *header);

#endif
