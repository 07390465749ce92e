/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the exporter over HTTP. */
#ifndef FAULTCAST_CTL_EXPORTER_H
#define FAULTCAST_CTL_EXPORTER_H

#include "base/strbuf.h"

/*
 * The exporter that is asked if none is named: that on the unix socket of the systemd unit if this
 * process may use the socket, else that on the default address.
 */
const char *exporter_default(void);

/*
 * Gets @path with @query, which may be NULL, in the media type @accept from @exporter, a URL or the
 * /PATH of a unix socket.  The server is not trusted: the answer has at most 64 MiB and must be
 * complete within 30 seconds. Appends the body to @body.  Returns 0, or -errno after printing the
 * reason.
 */
int exporter_get(const char *exporter, const char *path, const char *query, const char *accept,
		 struct strbuf *body);

#endif
