// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/options.h"

#define RETRY_NS (100 * NSEC_PER_MSEC)

static void on_retry(struct loop_timer *timer);
static void on_watchdog(struct loop_timer *timer);

static struct loop *notify_loop;
static int fd = -1;
static struct sockaddr_un address;
static socklen_t address_len;
static struct strbuf status;
/* The lines that are still to be sent. */
static struct {
	const char *state;
	bool status;
	bool alive;
} owed;
static uint64_t watchdog_ns; /* period of WATCHDOG=1; 0: none */
static struct loop_timer retry = { .expired = on_retry };
static struct loop_timer watchdog = { .expired = on_watchdog };

static void send_owed(void)
{
	struct strbuf text = STRBUF_INIT;
	ssize_t sent;

	if (fd < 0)
		return;
	/* All lines are sent now. */
	loop_timer_disarm(notify_loop, &retry);
	if (owed.state)
		strbuf_addf(&text, "%s\nMONOTONIC_USEC=%" PRIu64 "\n", owed.state,
			    clock_mono_ns() / 1000);
	if (owed.status)
		strbuf_addf(&text, "STATUS=%s\n", strbuf_str(&status));
	if (owed.alive)
		strbuf_adds(&text, "WATCHDOG=1\n");
	sent = sendto(fd, strbuf_str(&text), text.len, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, address_len);
	strbuf_free(&text);
	if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
		loop_timer_arm(notify_loop, &retry, RETRY_NS);
		return;
	}
	if (sent < 0)
		log_warn("the service manager cannot be told: %s", strerror(errno));
	memset(&owed, 0, sizeof(owed));
}

static void on_retry(struct loop_timer *timer)
{
	(void)timer;
	send_owed();
}

static void on_watchdog(struct loop_timer *timer)
{
	loop_timer_arm(notify_loop, timer, watchdog_ns);
	owed.alive = true;
	send_owed();
}

/* $NOTIFY_SOCKET is a path, or @ and a name in the abstract namespace. */
static bool find_manager(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	if (!len)
		return false;
	if ((*path != '/' && *path != '@') || len >= sizeof(address.sun_path)) {
		log_warn("NOTIFY_SOCKET: expected /path or @name, got \"%s\"", path);
		return false;
	}
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

/* The variables may be inherited and meant for another process. */
static uint64_t watchdog_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t value;

	if (!usec || options_number(usec, 1, UINT64_MAX / 1000, &value))
		return 0;
	if (pid && strtoull(pid, NULL, 10) != (unsigned long long)getpid())
		return 0;
	return value * 1000 / 2;
}

void notify_start(struct loop *loop)
{
	notify_loop = loop;
	if (!find_manager())
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		log_warn("the service manager cannot be told: %s", strerror(errno));
		return;
	}
	watchdog_ns = watchdog_interval();
	if (watchdog_ns)
		on_watchdog(&watchdog);
}

void notify_stop(void)
{
	if (fd < 0)
		return;
	loop_timer_disarm(notify_loop, &retry);
	loop_timer_disarm(notify_loop, &watchdog);
	close(fd);
	fd = -1;
	strbuf_free(&status);
}

void notify_ready(void)
{
	owed.state = "READY=1";
	send_owed();
}

void notify_reloading(void)
{
	owed.state = "RELOADING=1";
	send_owed();
}

void notify_stopping(void)
{
	owed.state = "STOPPING=1";
	send_owed();
}

void notify_status(const char *text)
{
	strbuf_reset(&status);
	strbuf_adds(&status, text);
	owed.status = true;
	send_owed();
}
