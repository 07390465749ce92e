// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: each health change has its own cursor, which sorts after the last event and
 * before the next entry. This also holds after a restart at the same event. A health
 * change is no gap and hides no gap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../with_bus.h"
#include "base/clock.h"
#include "bus/window.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "wire/encode.h"

#define INSTANCE 0xabc

static int setup(void **state)
{
	(void)state;
	return start_bus();
}

static int teardown(void **state)
{
	(void)state;
	stop_bus();
	return 0;
}

static void publish(uint64_t instance, uint64_t seq)
{
	const struct fault_event ev = { .instance = instance, .seq = seq };

	test_feed.cursor = (struct cursor){ .instance = instance, .seq = seq };
	bus_sink.event(NULL, &ev, true);
}

static struct cursor say(void)
{
	const struct health_change change = { .from = HEALTH_OK, .to = HEALTH_FAULTY };

	bus_health(&change);
	assert_int_equal(window_at(window_end() - 1)->kind, ENTRY_HEALTH);
	return window_newest();
}

static void assert_cursor(const struct cursor *at, uint64_t instance, uint64_t seq)
{
	assert_int_equal(at->instance, instance);
	assert_int_equal(at->seq, seq);
}

static void is_behind_the_last_event(void **state)
{
	struct cursor first, second;

	(void)state;
	/* Before the first event, only the feed knows the cursor. */
	test_feed.cursor = (struct cursor){ .instance = INSTANCE, .seq = 4 };
	first = say();
	assert_cursor(&first, INSTANCE, 4);
	publish(INSTANCE, 5);
	first = say();
	second = say();
	assert_cursor(&first, INSTANCE, 5);
	assert_cursor(&second, INSTANCE, 5);
	assert_true(first.sub > 0 && second.sub > first.sub && second.sub < CURSOR_SUB_SUPPRESSED);
}

static void is_of_the_instance_that_is_there(void **state)
{
	const struct cursor end = { .instance = INSTANCE, .seq = 5, .sub = CURSOR_SUB_END };
	const struct fault_gap unloaded = { .reason = GAP_UNLOADED };
	struct entry gaps[ENTRY_MISSING_MAX];
	struct cursor at;

	(void)state;
	publish(INSTANCE, 5);
	bus_sink.gap(NULL, &end, &unloaded);
	test_feed.cursor = (struct cursor){ .instance = 0xdef };
	at = say();
	assert_cursor(&at, 0xdef, 0);
	assert_int_equal(entry_missing(&end, window_at(window_end() - 1), gaps), 0);
	at = say();
	assert_cursor(&at, 0xdef, 0);
}

/* After a restart the window is empty, and the kernel delivers the same events again. */
static void is_new_after_a_restart(void **state)
{
	struct cursor before, after;

	publish(INSTANCE, 5);
	before = say();
	teardown(state);
	/* The clock must advance by as much as a start of the exporter takes. */
	while (clock_ns(CLOCK_BOOTTIME) <= before.sub)
		;
	assert_int_equal(setup(state), 0);
	publish(INSTANCE, 5);
	after = say();
	assert_cursor(&after, INSTANCE, 5);
	assert_true(after.sub > before.sub);
}

static const struct {
	const char *what;
	struct cursor last; /* the reader's cursor */
	struct cursor next; /* the health entry's cursor */
	uint64_t from, to;  /* the missing events; to is 0 if there are none */
} places[] = {
	{ "behind its event", { INSTANCE, 5, 0 }, { INSTANCE, 5, 9 }, 0, 0 },
	{ "behind other health", { INSTANCE, 5, 8 }, { INSTANCE, 5, 9 }, 0, 0 },
	{ "its event is missing", { INSTANCE, 4, 0 }, { INSTANCE, 5, 9 }, 5, 5 },
	{ "its event and earlier ones are missing", { INSTANCE, 2, 7 }, { INSTANCE, 5, 9 }, 3, 5 },
	{ "before the first event", { INSTANCE, 0, 0 }, { INSTANCE, 0, 9 }, 0, 0 },
};

static void hides_no_gap(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct entry next = { .at = places[i].next, .kind = ENTRY_HEALTH };
		const struct entry event = {
			.at = { INSTANCE, places[i].next.seq + 1, 0 },
		};
		struct entry gaps[ENTRY_MISSING_MAX];
		size_t n = entry_missing(&places[i].last, &next, gaps);

		if (n != (places[i].to > 0) ||
		    (n && (gaps[0].gap.from != places[i].from || gaps[0].gap.to != places[i].to)))
			fail_msg("%s: %zu gaps", places[i].what, n);
		/* The next event follows the health entry without a gap. */
		assert_int_equal(entry_missing(&places[i].next, &event, gaps), 0);
	}
}

/* A reader can resume behind a health entry, whether the window still has that entry or not. */
static void is_found(void **state)
{
	struct cursor at, later;
	uint64_t number;

	(void)state;
	publish(INSTANCE, 5);
	at = say();
	publish(INSTANCE, 6);
	assert_int_equal(window_find(&at, &number), WINDOW_HAS);
	assert_int_equal(window_at(number)->at.seq, 6);
	assert_int_equal(window_find(&(struct cursor){ INSTANCE, 5, 0 }, &number), WINDOW_HAS);
	assert_int_equal(window_at(number)->kind, ENTRY_HEALTH);
	/* A health entry of another run of the exporter. */
	later = (struct cursor){ INSTANCE, 6, at.sub + 1 };
	assert_int_equal(window_find(&later, &number), WINDOW_HAS);
	assert_int_equal(number, window_end());
	/* Evict entries until a health entry is the oldest one. */
	while (window_at(window_first())->kind == ENTRY_EVENT)
		say();
	assert_cursor(&window_at(window_first())->at, INSTANCE, 5);
	assert_int_equal(window_find(&(struct cursor){ INSTANCE, 5, 0 }, &number), WINDOW_HAS);
	assert_int_equal(window_find(&(struct cursor){ INSTANCE, 4, 0 }, &number), WINDOW_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_behind_the_last_event, setup, teardown),
		cmocka_unit_test_setup_teardown(is_of_the_instance_that_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(is_new_after_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(hides_no_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(is_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
