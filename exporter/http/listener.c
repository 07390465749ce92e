// SPDX-License-Identifier: GPL-2.0-or-later
#include "listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 512

/* Splits "host:port", "[v6]:port" or ":port" in place.  Returns 0 or -EINVAL. */
static int split_address(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1])
		return -EINVAL;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	if (text[0] == '[') {
		if (colon == text + 1 || colon[-1] != ']')
			return -EINVAL;
		colon[-1] = '\0';
		*host = text + 1;
	} else if (strchr(text, ':')) {
		return -EINVAL;
	}
	return 0;
}

bool listener_is_address(const char *address)
{
	char *text = strdup(address), *host, *port;
	bool is = !strcmp(address, LISTENER_NONE);

	if (!is)
		is = text && !split_address(text, &host, &port) &&
		     !port[strspn(port, "0123456789")] && strtoul(port, NULL, 10) <= 65535;
	free(text);
	return is;
}

bool listener_is_unix_path(const char *path)
{
	return !*path || (*path == '/' && strlen(path) <= LISTENER_PATH_MAX);
}

/* "::" in any spelling. */
static bool is_unspecified(const char *host)
{
	struct in6_addr in6;

	return inet_pton(AF_INET6, host, &in6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&in6);
}

/* An IPv4 address in an IPv6 one is IPv4, because a socket for IPv6 leaves IPv4 alone. */
static void unmap(struct addrinfo *info)
{
	const struct sockaddr_in6 *in6 = (const void *)info->ai_addr;
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (info->ai_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return;
	in.sin_port = in6->sin6_port;
	memcpy(&in.sin_addr, &in6->sin6_addr.s6_addr[12], sizeof(in.sin_addr));
	memcpy(info->ai_addr, &in, sizeof(in));
	info->ai_family = AF_INET;
	info->ai_addrlen = sizeof(in);
}

/* The addresses of "::" are those of no host: IPv4 and IPv6, a socket for each. */
static int resolve(const char *address, struct addrinfo **info, struct strbuf *error)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	char *text = strdup(address), *host, *port;
	int gai = EAI_MEMORY;

	if (text && !split_address(text, &host, &port))
		gai = getaddrinfo(*host && !is_unspecified(host) ? host : NULL, port, &hints, info);
	for (struct addrinfo *at = gai ? NULL : *info; at; at = at->ai_next)
		unmap(at);
	if (gai)
		strbuf_addf(error, "listen address \"%s\": %s", address, gai_strerror(gai));
	free(text);
	return gai ? -EINVAL : 0;
}

bool listener_is_wide(const struct listener *listener)
{
	const struct sockaddr *address = (const void *)&listener->address;

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return ntohl(in->sin_addr.s_addr) >> 24 != 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		return !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

void listener_add_name(const struct listener *listener, struct strbuf *out)
{
	const bool v6 = listener->address.ss_family == AF_INET6;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (listener->unix_path)
		strbuf_adds(out, listener->unix_path);
	else if (!getnameinfo((const void *)&listener->address, listener->address_len, host,
			      sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		strbuf_addf(out, v6 ? "[%s]:%s" : "%s:%s", host, port);
}

static in_port_t *port_of(struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return &((struct sockaddr_in *)(void *)address)->sin_port;
	return &((struct sockaddr_in6 *)(void *)address)->sin6_port;
}

static bool is_listened_on(const struct listeners *listeners, const struct addrinfo *info)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->list[i];

		if (listener->address_len == info->ai_addrlen &&
		    !memcmp(&listener->address, info->ai_addr, info->ai_addrlen))
			return true;
	}
	return false;
}

/* A socket for IPv6 leaves IPv4 alone, because IPv4 has a socket of its own. */
static int open_address(struct listener *listener, const struct addrinfo *info)
{
	const int on = 1;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	*listener = (struct listener){ .fd = fd, .file = -1 };
	listener->address_len = sizeof(listener->address);
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, BACKLOG) &&
	    !getsockname(fd, (void *)&listener->address, &listener->address_len))
		return 0;
	err = -errno;
	close(fd);
	return err;
}

static void add_failure(struct strbuf *error, const struct addrinfo *info, const char *address,
			int err)
{
	struct listener failed = { .address_len = info->ai_addrlen };

	memcpy(&failed.address, info->ai_addr, info->ai_addrlen);
	strbuf_reset(error);
	strbuf_adds(error, "cannot listen on ");
	listener_add_name(&failed, error);
	strbuf_addf(error, " (web.listen-address %s): %s", address, strerror(-err));
}

/* Whether the machine lacks the address, or its whole family. */
static bool is_missing(int err)
{
	return err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT;
}

/*
 * If @address has port 0, all its sockets get the port of the first one.  @first is the index that
 * the first one has or would have.
 */
static int open_one(struct listeners *listeners, size_t first, const struct addrinfo *info)
{
	in_port_t *port = port_of(info->ai_addr);
	int err;

	if (!*port && listeners->count > first)
		*port = *port_of((struct sockaddr *)&listeners->list[first].address);
	if (is_listened_on(listeners, info))
		return 0;
	if (listeners->count == LISTENERS_MAX)
		return -ENOSPC;
	err = open_address(&listeners->list[listeners->count], info);
	if (!err)
		listeners->count++;
	return err;
}

int listener_open_tcp(struct listeners *listeners, const char *address, struct strbuf *error)
{
	const size_t first = listeners->count;
	struct addrinfo *info = NULL;
	bool any = false;
	int err = resolve(address, &info, error);

	if (err)
		return err;
	for (const struct addrinfo *at = info; at && (!err || is_missing(err)); at = at->ai_next) {
		err = open_one(listeners, first, at);
		any |= !err;
		if (err)
			add_failure(error, at, address, err);
	}
	freeaddrinfo(info);
	if (error->len && any && (!err || is_missing(err))) {
		log_info("%s", strbuf_str(error));
		strbuf_free(error);
		err = 0;
	}
	return err;
}

/* Removes the socket of an exporter that was killed.  bind() refuses any other existing file. */
static void remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const void *)address, sizeof(*address)) && errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static void give_to_group(const char *path)
{
	const struct group *group = getgrnam(LISTENER_GROUP);

	if (!group)
		log_info("no group %s exists, so socket %s keeps the group of the exporter",
			 LISTENER_GROUP, path);
	else if (chown(path, (uid_t)-1, group->gr_gid))
		log_warn("cannot give %s to group %s: %s", path, LISTENER_GROUP, strerror(errno));
}

/*
 * Locks the directory of @path, so that no other exporter removes a socket there between two calls
 * of this one.  A lock leaves no file behind, but any user who can read the directory can hold it:
 * after a second the caller continues without it.  The caller closes the result, which may be -1.
 */
static int lock_directory(const char *path)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	char *directory = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(directory);
	for (int i = 0; fd >= 0 && i < 100 && flock(fd, LOCK_EX | LOCK_NB); i++)
		nanosleep(&pause, NULL);
	return fd;
}

/* Until the socket has its group, only this user may connect. */
static int bind_unix(struct listener *listener, const struct sockaddr_un *address)
{
	const char *path = listener->unix_path;
	mode_t mask = umask(0177);
	int err = bind(listener->fd, (const void *)address, sizeof(*address)) ? -errno : 0;

	umask(mask);
	if (err)
		return err;
	listener->file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	give_to_group(path);
	if (listener->file >= 0 && !chmod(path, 0660) && !listen(listener->fd, BACKLOG))
		return 0;
	err = -errno;
	unlink(path);
	if (listener->file >= 0)
		close(listener->file);
	return err;
}

int listener_open_unix(struct listeners *listeners, const char *path, struct strbuf *error)
{
	struct listener *listener = &listeners->list[listeners->count];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err = -ENOSPC, lock;

	static_assert(sizeof(address.sun_path) > LISTENER_PATH_MAX, "with the NUL");
	if (listeners->count == LISTENERS_MAX)
		goto out;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	*listener = (struct listener){ .unix_path = path, .file = -1 };
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0) {
		err = -errno;
		goto out;
	}
	lock = lock_directory(path);
	remove_stale(&address);
	err = bind_unix(listener, &address);
	if (lock >= 0)
		close(lock);
	if (err)
		close(listener->fd);
	else
		listeners->count++;
out:
	if (err)
		strbuf_addf(error, "cannot listen on %s: %s", path, strerror(-err));
	return err;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

void listener_remove_file(struct listener *listener)
{
	struct stat own, present;
	int lock;

	if (listener->file < 0)
		return;
	lock = lock_directory(listener->unix_path);
	/* The open socket holds the inode, so that no other file can have its number. */
	if (!fstat(listener->file, &own) && !lstat(listener->unix_path, &present) &&
	    is_same_file(&own, &present))
		unlink(listener->unix_path);
	if (lock >= 0)
		close(lock);
	close(listener->file);
	listener->file = -1;
}

static bool is_member(int fd, const struct ucred *peer, gid_t gid)
{
	static gid_t groups[NGROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (peer->gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

int listener_check_peer(const struct listener *listener, int fd, struct strbuf *error)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || fstat(listener->file, &st)) {
		strbuf_addf(error, "cannot read the credentials of the client: %s",
			    strerror(errno));
		return -EACCES;
	}
	if (!peer.uid || peer.uid == geteuid() || is_member(fd, &peer, st.st_gid))
		return 0;
	strbuf_addf(error, "user %u is not in group %u, the group of %s", peer.uid, st.st_gid,
		    listener->unix_path);
	return -EACCES;
}
