/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one epoll loop of the program.  All its callbacks run on its thread and must not block.  No
 * function here allocates memory: callers embed the structs below in their own.
 */
#ifndef FAULTCAST_BASE_LOOP_H
#define FAULTCAST_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

struct loop {
	int epoll_fd;
	bool stopping;
	struct loop_timer *timers;
	/*
	 * A timerfd.  A time-out of epoll_wait() would set a timer of the kernel for each wait,
	 * which costs more than the rest of the wait.
	 */
	int timer_fd;
	uint64_t timer_set_ns; /* when @timer_fd expires; 0: it is not set */
	struct loop_hook *hooks;
	/* The events of the last wait, during the calls of ready(). */
	struct epoll_event *pending;
	int num_pending;
};

/* A watched file descriptor.  The owner opens and closes @fd. */
struct loop_fd {
	int fd;
	void (*ready)(struct loop_fd *watch, uint32_t events);
};

/* A one-shot timer on the monotonic clock. */
struct loop_timer {
	void (*expired)(struct loop_timer *timer);
	uint64_t deadline_ns;
	bool armed;
	struct loop_timer *next;
};

/* A library with an event loop of its own, such as libmicrohttpd. */
struct loop_hook {
	/* Longest time to wait in ms, -1 for no limit. */
	int (*timeout_ms)(struct loop_hook *hook);
	/* Called after each wait. */
	void (*run)(struct loop_hook *hook);
	struct loop_hook *next;
};

/* 0 or -errno.  loop_fini() closes what loop_init() opened. */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* Watches @watch->fd for @events (EPOLLIN, EPOLLET ...); 0 or -errno. */
int loop_add(struct loop *loop, struct loop_fd *watch, uint32_t events);

/*
 * Blocks @signals, up to a 0, and watches them instead: opens @watch->fd, a signalfd that the
 * caller closes.  Returns 0 or -errno.
 */
int loop_add_signals(struct loop *loop, struct loop_fd *watch, const int *signals);

/* Stops watching, before the caller closes the descriptor.  ready() will not be called again. */
void loop_del(struct loop *loop, struct loop_fd *watch);

/* Arms or re-arms the timer to expire @after_ns from now. */
void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t after_ns);
void loop_timer_disarm(struct loop *loop, struct loop_timer *timer);

/* Hooks run in the order in which they are added. */
void loop_add_hook(struct loop *loop, struct loop_hook *hook);
void loop_del_hook(struct loop *loop, struct loop_hook *hook);

/* Runs until loop_stop(); 0 or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
