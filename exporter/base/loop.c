// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"

#define EVENTS_PER_WAIT 64

int loop_init(struct loop *loop)
{
	*loop = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return loop->epoll_fd < 0 ? -errno : 0;
}

void loop_fini(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

int loop_add(struct loop *loop, struct loop_fd *watch, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &ev) ? -errno : 0;
}

int loop_add_signals(struct loop *loop, struct loop_fd *watch, const int *signals)
{
	sigset_t set;

	sigemptyset(&set);
	while (*signals)
		sigaddset(&set, *signals++);
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->fd < 0 ? -errno : loop_add(loop, watch, EPOLLIN);
}

void loop_del(struct loop *loop, struct loop_fd *watch)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = 0; i < loop->num_pending; i++)
		if (loop->pending[i].data.ptr == watch)
			loop->pending[i].data.ptr = NULL;
}

void loop_timer_disarm(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->timers;

	if (!timer->armed)
		return;
	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	timer->armed = false;
}

/* Few timers exist, so a sorted list is enough. */
void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t after_ns)
{
	struct loop_timer **at = &loop->timers;

	loop_timer_disarm(loop, timer);
	timer->deadline_ns = clock_mono_ns() + after_ns;
	while (*at && (*at)->deadline_ns <= timer->deadline_ns)
		at = &(*at)->next;
	timer->next = *at;
	timer->armed = true;
	*at = timer;
}

void loop_add_hook(struct loop *loop, struct loop_hook *hook)
{
	struct loop_hook **at = &loop->hooks;

	while (*at)
		at = &(*at)->next;
	hook->next = NULL;
	*at = hook;
}

void loop_del_hook(struct loop *loop, struct loop_hook *hook)
{
	struct loop_hook **at = &loop->hooks;

	while (*at && *at != hook)
		at = &(*at)->next;
	if (*at)
		*at = hook->next;
}

static int wait_ms(const struct loop *loop)
{
	int ms = -1;

	if (loop->timers) {
		uint64_t now = clock_mono_ns(), at = loop->timers->deadline_ns;
		uint64_t left = at > now ? (at - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0;

		ms = left > INT_MAX ? INT_MAX : (int)left;
	}
	for (struct loop_hook *hook = loop->hooks; hook; hook = hook->next) {
		int limit = hook->timeout_ms(hook);

		if (limit >= 0 && (ms < 0 || limit < ms))
			ms = limit;
	}
	return ms;
}

static void run_timers(struct loop *loop)
{
	uint64_t now = clock_mono_ns();

	while (loop->timers && loop->timers->deadline_ns <= now) {
		struct loop_timer *timer = loop->timers;

		loop_timer_disarm(loop, timer);
		timer->expired(timer);
	}
}

/* A callback may delete any watch; loop_del() removes the pending events of that watch. */
static void call_ready(struct loop *loop, struct epoll_event *events, int n)
{
	loop->pending = events;
	loop->num_pending = n;
	for (int i = 0; i < n; i++) {
		struct loop_fd *watch = events[i].data.ptr;

		if (watch)
			watch->ready(watch, events[i].events);
	}
	loop->num_pending = 0;
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_PER_WAIT];

	while (!loop->stopping) {
		int n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_WAIT, wait_ms(loop));

		/* No event was reported, although one may have arrived since. */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		call_ready(loop, events, n);
		run_timers(loop);
		for (struct loop_hook *hook = loop->hooks, *next; hook; hook = next) {
			next = hook->next;
			hook->run(hook);
		}
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}
