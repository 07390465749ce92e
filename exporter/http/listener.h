/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listening sockets, and the permission of a client of the unix socket.  Functions that return int
 * return 0, or -errno with one line in @error.
 */
#ifndef FAULTCAST_HTTP_LISTENER_H
#define FAULTCAST_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/strbuf.h"

/* Members of this group may use the unix socket. */
#define LISTENER_GROUP "faultcast"

#define LISTENERS_MAX 64

/* A socket that is listened on. */
struct listener {
	int fd;
	const char *unix_path; /* NULL: TCP */
	int file;	       /* O_PATH: the unix socket's file; TCP: -1 */
	struct sockaddr_storage address;
	socklen_t address_len;
};

struct listeners {
	struct listener list[LISTENERS_MAX];
	size_t count;
};

/*
 * True for "host:port", "[v6]:port" and ":port", and for LISTENER_NONE.  An empty host and [::] are
 * all addresses of both families.  Port 0 is any free port.
 */
bool listener_is_address(const char *address);
#define LISTENER_NONE "none"
#define LISTENER_ADDRESS "host:port, [v6]:port or :port with a port from 0 to 65535, or none"

/* True for an absolute path that fits into a socket address, and for "". */
bool listener_is_unix_path(const char *path);
#define LISTENER_PATH_MAX 107 /* bytes, unix(7) */
#define LISTENER_UNIX_PATH "an absolute path of at most 107 bytes"

/*
 * Listens on every address that the host of @address has, in both families, and adds the sockets to
 * @listeners.  listener_is_address() is true for @address, which is not LISTENER_NONE.  An address
 * that is listened on already is left out, and so is one that this machine does not have if it has
 * another one of the host.
 */
int listener_open_tcp(struct listeners *listeners, const char *address, struct strbuf *error);

/*
 * Listens on the unix socket @path, for which listener_is_unix_path() is true and which must
 * outlive the listener, and adds it to @listeners.  It has mode 0660, and group LISTENER_GROUP if
 * that group exists.  A stale socket, on which no process listens, is replaced.
 */
int listener_open_unix(struct listeners *listeners, const char *path, struct strbuf *error);

/*
 * Removes the file of a unix socket, unless another process has replaced it meanwhile.  Must be
 * called while @listener->fd is open; does not close that.
 */
void listener_remove_file(struct listener *listener);

/* True if other hosts can reach the listener. */
bool listener_is_wide(const struct listener *listener);

/* Adds "127.0.0.1:10186", "[::1]:10186" or the path of the unix socket. */
void listener_add_name(const struct listener *listener, struct strbuf *out);

/*
 * Checks that the client at @fd may use the unix socket @listener: it is root, the user of this
 * process, or a member of the socket's group.  The client's credentials are those at the time of
 * connect() (unix(7), SO_PEERCRED).  Returns 0 or -EACCES.
 */
int listener_check_peer(const struct listener *listener, int fd, struct strbuf *error);

#endif
