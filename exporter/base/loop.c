// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

#define EVENTS_PER_WAIT 64

int loop_init(struct loop *loop)
{
	/* The pointer is NULL, because run_timers() does the work.  Edge-triggered, it needs no
	 * read(). */
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int err = 0;

	*loop = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC), .timer_fd = -1 };
	if (loop->epoll_fd < 0)
		return -errno;
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &ev))
		err = -errno;
	if (err)
		loop_fini(loop);
	return err;
}

void loop_fini(struct loop *loop)
{
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->timer_fd = -1;
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

/* If the first deadline has become later, the timer still expires once for the former one. */
static void set_timer(struct loop *loop)
{
	struct itimerspec at = { .it_value.tv_nsec = 0 };
	uint64_t deadline_ns;

	if (!loop->timers)
		return;
	deadline_ns = loop->timers->deadline_ns;
	if (loop->timer_set_ns && loop->timer_set_ns <= deadline_ns)
		return;
	at.it_value.tv_sec = (time_t)(deadline_ns / NSEC_PER_SEC);
	at.it_value.tv_nsec = (long)(deadline_ns % NSEC_PER_SEC);
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
	loop->timer_set_ns = deadline_ns;
}

static int wait_ms(const struct loop *loop)
{
	int ms = -1;

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

	if (loop->timer_set_ns <= now)
		loop->timer_set_ns = 0;
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
		int n;

		set_timer(loop);
		n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_WAIT, wait_ms(loop));
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
