// SPDX-License-Identifier: GPL-2.0-or-later
#include "stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t dropped;
static bool cut; /* the last line has no line break */

/*
 * A second open file of the pipe or terminal.  O_NONBLOCK belongs to the open file, and the open
 * file of STDERR_FILENO is shared with other processes.
 */
static struct {
	int fd;
	dev_t dev;
	ino_t ino;
} own = { .fd = -1 };

static void open_own(const struct stat *st)
{
	if (own.fd >= 0)
		close(own.fd);
	own.fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	own.dev = st->st_dev;
	own.ino = st->st_ino;
}

/* Used if the file cannot be opened again: after poll(), a pipe has room for PIPE_BUF bytes. */
static ssize_t poll_and_write(const char *s, size_t len)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&pfd, 1, 0) <= 0 || !(pfd.revents & POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, s, len < PIPE_BUF ? len : PIPE_BUF);
}

/* Writes what can be written now.  A regular file counts as one that never blocks. */
static ssize_t write_some(const char *s, size_t len)
{
	ssize_t n = send(STDERR_FILENO, s, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	struct stat st;

	if (n >= 0 || errno != ENOTSOCK || fstat(STDERR_FILENO, &st))
		return n;
	if (S_ISREG(st.st_mode))
		return write(STDERR_FILENO, s, len);
	if (st.st_dev != own.dev || st.st_ino != own.ino)
		open_own(&st);
	return own.fd >= 0 ? write(own.fd, s, len) : poll_and_write(s, len);
}

/* Returns how much of @s was written. */
static size_t write_now(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = write_some(s + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	return at;
}

bool stderr_write(const char *line, size_t len)
{
	size_t written = 0;

	pthread_mutex_lock(&mutex);
	if (cut)
		cut = write_now("\n", 1) == 0;
	if (!cut)
		written = write_now(line, len);
	if (written)
		cut = written < len;
	dropped += written < len;
	pthread_mutex_unlock(&mutex);
	return written == len;
}

uint64_t stderr_dropped(void)
{
	uint64_t n;

	pthread_mutex_lock(&mutex);
	n = dropped;
	pthread_mutex_unlock(&mutex);
	return n;
}

void stderr_take_closed(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}
