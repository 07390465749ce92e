// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a watch that a callback deletes is not called again, and the other watches of the same
 * turn are called, also those that are edge-triggered and would not be reported again.
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deletes_in_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
