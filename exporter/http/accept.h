/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing a representation by the Accept header, RFC 9110 12.5.1.  Pure. */
#ifndef FAULTCAST_HTTP_ACCEPT_H
#define FAULTCAST_HTTP_ACCEPT_H

/*
 * Returns the index of the offer that @header (NULL: anything) likes best, the
 * first of equals, or -1 when it accepts none.  @offers are "type/subtype",
 * ended by NULL.  Parameters other than q, and parts that cannot be read, are
 * passed over.
 */
int accept_choose(const char *header, const char *const *offers);

#endif
