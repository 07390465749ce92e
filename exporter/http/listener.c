// SPDX-License-Identifier: GPL-2.0-or-later
#include "listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
	bool is = text && !split_address(text, &host, &port) && !port[strspn(port, "0123456789")] &&
		  strtoul(port, NULL, 10) <= 65535;

	free(text);
	return is;
}

bool listener_is_unix_path(const char *path)
{
	return !*path || (*path == '/' && strlen(path) <= LISTENER_PATH_MAX);
}

static int resolve(const char *address, struct addrinfo **info, struct strbuf *error)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	char *text = strdup(address), *host, *port;
	int gai = EAI_MEMORY;

	if (text && !split_address(text, &host, &port))
		gai = getaddrinfo(*host ? host : NULL, port, &hints, info);
	if (gai)
		strbuf_addf(error, "listen address \"%s\": %s", address, gai_strerror(gai));
	free(text);
	return gai ? -EINVAL : 0;
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

int listener_open_tcp(const char *address, int *fd, bool *wide, struct strbuf *error)
{
	const int on = 1;
	struct addrinfo *info = NULL;
	int err = resolve(address, &info, error);

	if (err)
		return err;
	*wide = !is_loopback(info->ai_addr);
	*fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0)
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (*fd < 0 || bind(*fd, info->ai_addr, info->ai_addrlen) || listen(*fd, BACKLOG)) {
		err = -errno;
		strbuf_addf(error, "cannot listen on %s: %s", address, strerror(errno));
		if (*fd >= 0)
			close(*fd);
	}
	freeaddrinfo(info);
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

int listener_open_unix(const char *path, int *fd, struct strbuf *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int err = 0;

	static_assert(sizeof(address.sun_path) > LISTENER_PATH_MAX, "with the NUL");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	remove_stale(&address);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Until the socket has its group, only this user may connect. */
	mask = umask(0177);
	if (*fd < 0 || bind(*fd, (const void *)&address, sizeof(address)))
		err = -errno;
	umask(mask);
	if (!err) {
		give_to_group(path);
		if (chmod(path, 0660) || listen(*fd, BACKLOG))
			err = -errno;
	}
	if (err) {
		strbuf_addf(error, "cannot listen on %s: %s", path, strerror(-err));
		if (*fd >= 0)
			close(*fd);
	}
	return err;
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

int listener_check_peer(int fd, const char *path, struct strbuf *error)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || stat(path, &st)) {
		strbuf_addf(error, "cannot read the credentials of the client: %s",
			    strerror(errno));
		return -EACCES;
	}
	if (!peer.uid || peer.uid == geteuid() || is_member(fd, &peer, st.st_gid))
		return 0;
	strbuf_addf(error, "user %u is not in group %u, the group of %s", peer.uid, st.st_gid,
		    path);
	return -EACCES;
}
