// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a watch that a callback deletes is not called again, and the other watches of the same
 * turn are called, also those that are edge-triggered and would not be reported again.  Timers
 * expire in the order of their deadlines and never early, also when a deadline changes after the
 * loop has begun to wait for it.
 */
#include "base/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define WATCHES 6

static struct loop loop;
static struct loop_fd watches[WATCHES];
static unsigned int called[WATCHES], deleted;

static void stop(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(&loop);
}

/* The first one that is called deletes another one. */
static void on_ready(struct loop_fd *watch, uint32_t events)
{
	const unsigned int i = (unsigned int)(watch - watches);

	(void)events;
	if (!called[0] && !called[1] && !called[2] && !called[3] && !called[4] && !called[5]) {
		deleted = (i + 1) % WATCHES;
		loop_del(&loop, &watches[deleted]);
	}
	called[i]++;
}

static void deletes_in_a_turn(void **state)
{
	struct loop_timer timer = { .expired = stop };

	(void)state;
	assert_int_equal(loop_init(&loop), 0);
	for (int i = 0; i < WATCHES; i++) {
		watches[i] = (struct loop_fd){ .fd = eventfd(1, EFD_CLOEXEC), .ready = on_ready };
		assert_int_equal(loop_add(&loop, &watches[i], EPOLLIN | EPOLLET), 0);
	}
	loop_timer_arm(&loop, &timer, 1);
	assert_int_equal(loop_run(&loop), 0);
	for (unsigned int i = 0; i < WATCHES; i++) {
		assert_int_equal(called[i], i != deleted);
		close(watches[i].fd);
	}
	loop_fini(&loop);
}

#define MS NSEC_PER_MSEC

enum { FIRST, POSTPONED, URGENT, CANCELLED, NEVER, LAST, TIMERS };

static void on_timer(struct loop_timer *timer);

static struct loop_timer timers[TIMERS];
static int expired[TIMERS];
static size_t num_expired;

static void on_timer(struct loop_timer *timer)
{
	const int which = (int)(timer - timers);

	assert_true(clock_mono_ns() >= timer->deadline_ns);
	assert_in_range(num_expired, 0, TIMERS - 1);
	expired[num_expired++] = which;
	if (which == FIRST) {
		loop_timer_arm(&loop, &timers[POSTPONED], 50 * MS);
		loop_timer_arm(&loop, &timers[URGENT], 1 * MS);
		loop_timer_disarm(&loop, &timers[CANCELLED]);
	} else if (which == POSTPONED) {
		loop_timer_arm(&loop, &timers[LAST], 1 * MS);
	} else if (which == LAST) {
		loop_stop(&loop);
	}
}

/* Called while the loop waits for the other timers. */
static void arm_first(struct loop_fd *watch, uint32_t events)
{
	(void)events;
	loop_del(&loop, watch);
	loop_timer_arm(&loop, &timers[FIRST], 1 * MS);
}

static void timers_expire_in_order(void **state)
{
	struct loop_fd watch = { .fd = eventfd(1, EFD_CLOEXEC), .ready = arm_first };
	static const int expected[] = { FIRST, URGENT, POSTPONED, LAST };

	(void)state;
	alarm(60);
	assert_int_equal(loop_init(&loop), 0);
	for (int i = 0; i < TIMERS; i++)
		timers[i].expired = on_timer;
	loop_timer_arm(&loop, &timers[NEVER], 3600 * NSEC_PER_SEC);
	loop_timer_arm(&loop, &timers[LAST], 29 * NSEC_PER_SEC + 20 * MS);
	loop_timer_arm(&loop, &timers[POSTPONED], 29 * NSEC_PER_SEC);
	loop_timer_arm(&loop, &timers[CANCELLED], 29 * NSEC_PER_SEC);
	assert_int_equal(loop_add(&loop, &watch, EPOLLIN), 0);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(num_expired, sizeof(expected) / sizeof(expected[0]));
	assert_memory_equal(expired, expected, sizeof(expected));
	loop_fini(&loop);
	close(watch.fd);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deletes_in_a_turn),
		cmocka_unit_test(timers_expire_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
