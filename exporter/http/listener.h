/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets to listen on, and who is at the other end.  All functions return 0 or
 * -errno, and then one line in @error.
 */
#ifndef FAULTCAST_HTTP_LISTENER_H
#define FAULTCAST_HTTP_LISTENER_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Members of this group may use the unix socket. */
#define LISTENER_GROUP "faultcast"

/* As listener_open_tcp() takes it: "host:port", "[v6]:port" or ":port"; 0 is any free port. */
bool listener_is_address(const char *address);
#define LISTENER_ADDRESS "host:port, [v6]:port or :port, with a port from 0 to 65535"

/* What listener_open_unix() takes, or "". */
bool listener_is_unix_path(const char *path);
#define LISTENER_PATH_MAX 107 /* bytes, unix(7) */
#define LISTENER_UNIX_PATH "an absolute path of at most 107 bytes"

/*
 * @address is one by listener_is_address().  @wide: it can be reached from
 * other hosts.  The caller closes *@fd.
 */
int listener_open_tcp(const char *address, int *fd, bool *wide, struct strbuf *error);

/*
 * Makes the socket @path, by listener_is_unix_path(), with mode 0660 and group LISTENER_GROUP, if
 * there is such a group.  One that nobody listens on any more is replaced.  The caller closes
 * *@fd and unlinks @path.
 */
int listener_open_unix(const char *path, int *fd, struct strbuf *error);

/*
 * Whether the process that connected as @fd to the unix socket @path may: root, our own
 * user, or a member of the socket's group, by its credentials at that moment
 * (unix(7), SO_PEERCRED).  -EACCES if not.
 */
int listener_check_peer(int fd, const char *path, struct strbuf *error);

#endif
