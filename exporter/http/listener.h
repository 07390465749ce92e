/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listening sockets, and the permission of a client of the unix socket.  Functions that return int
 * return 0, or -errno with one line in @error.
 */
#ifndef FAULTCAST_HTTP_LISTENER_H
#define FAULTCAST_HTTP_LISTENER_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Members of this group may use the unix socket. */
#define LISTENER_GROUP "faultcast"

/* True for "host:port", "[v6]:port" and ":port"; port 0 is any free port. */
bool listener_is_address(const char *address);
#define LISTENER_ADDRESS "host:port, [v6]:port or :port, with a port from 0 to 65535"

/* True for an absolute path that fits into a socket address, and for "". */
bool listener_is_unix_path(const char *path);
#define LISTENER_PATH_MAX 107 /* bytes, unix(7) */
#define LISTENER_UNIX_PATH "an absolute path of at most 107 bytes"

/*
 * Listens on @address, for which listener_is_address() is true.  *@wide becomes true if other hosts
 * can reach it.  The caller closes *@fd.
 */
int listener_open_tcp(const char *address, int *fd, bool *wide, struct strbuf *error);

/*
 * Listens on the unix socket @path, for which listener_is_unix_path() is true.  It has mode 0660,
 * and group LISTENER_GROUP if that group exists.  A stale socket, on which no process listens, is
 * replaced.  The caller closes *@fd and unlinks @path.
 */
int listener_open_unix(const char *path, int *fd, struct strbuf *error);

/*
 * Checks that the client at @fd may use the unix socket @path: it is root, the user of this
 * process, or a member of the socket's group.  The client's credentials are those at the time of
 * connect() (unix(7), SO_PEERCRED).  Returns 0 or -EACCES.
 */
int listener_check_peer(int fd, const char *path, struct strbuf *error);

#endif
