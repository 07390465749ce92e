/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing a representation by what the client accepts, RFC 9110 12.5.  Pure. */
#ifndef FAULTCAST_HTTP_ACCEPT_H
#define FAULTCAST_HTTP_ACCEPT_H

#include <stdbool.h>

/*
 * Returns the index of the offer that @header (NULL: anything) likes best, the
 * first of equals, or -1 when it accepts none.  @offers are "type/subtype",
 * ended by NULL, or have parameters.  One that @header gives another value to is another
 * type; those that the offer does not have, and parts that cannot be read, are passed over.
 */
int accept_choose(const char *header, const char *const *offers);

/* Whether @header, Accept-Encoding or NULL, likes gzip as much as the plain body. */
bool accept_gzip(const char *header);

#endif
