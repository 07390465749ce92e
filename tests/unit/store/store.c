// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: each published event is in the store once and in order, also across restarts;
 * otherwise a reader is told the gap. A reader never waits for ever. It does not miss
 * events that have left the window and are not written yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "model/address.h"
#include "model/cursor.h"
#include "model/gap.h"
#include "model/health.h"
#include "with_store.h"

#define RANDOM "fedcba9876543210" /* beyond 2^63, as half of all random instances are */
#define RANDOM_NUMBER 0xfedcba9876543210

static void restart(void)
{
	stop();
	start();
}

static void keeps_what_was_published(void **state)
{
	(void)state;
	publish(0xabc, 1, 3000);
	run_until(all_stored);
	assert_int_equal(get_counts().sent, 3000);
	assert_int_equal(get_counts().dropped, 0);
	assert_string_equal(read_store("", NULL), "abc:1-3000 end");
	assert_true(test_got.reads > 1);
	restart();
	run_until(is_up);
	assert_string_equal(read_store("", NULL), "abc:1-3000 end");
}

static void fetched_again_is_there_once(void **state)
{
	(void)state;
	publish(0xabc, 1, 100);
	run_until(all_stored);
	restart();
	publish(0xabc, 50, 150);
	run_until(all_stored);
	assert_int_equal(get_counts().sent, 101);
	assert_string_equal(read_store("", NULL), "abc:1-150 end");
}

static void goes_on_after_a_cursor(void **state)
{
	(void)state;
	publish(RANDOM_NUMBER, 1, 300);
	publish_gap(RANDOM_NUMBER, 301, 400);
	publish(RANDOM_NUMBER, 401, 500);
	publish(1, 1, 10);
	run_until(all_stored);
	assert_string_equal(read_store(RANDOM ".100.0", NULL),
			    RANDOM ":101-300 gap0:301-400 " RANDOM ":401-500 gap3@" RANDOM
				   ".500 1:1-10 end");
	/* The cursors of gaps sort before their event, or behind the last event of an instance. */
	assert_string_equal(read_store(RANDOM ".498.9223372036854775806", NULL),
			    RANDOM ":499-500 gap3@" RANDOM ".500 1:1-10 end");
	assert_string_equal(read_store(RANDOM ".350.0", NULL),
			    "gap0:351-400 " RANDOM ":401-500 gap3@" RANDOM ".500 1:1-10 end");
	assert_string_equal(read_store(RANDOM ".500.9223372036854775807", NULL), "1:1-10 end");
	assert_string_equal(read_store("1.10.0", NULL), "end");
	assert_string_equal(read_store("1.11.0", NULL), "end");
	assert_string_equal(read_store("1.18446744073709551615.0", NULL), "end");
	assert_string_equal(read_store("2.1.0", NULL), "err 2");
	/*
	 * The cursor is beyond the newest row. Whether rows were lost or never written is
	 * unknown.
	 */
	assert_string_equal(read_store(RANDOM ".600.0", NULL), "gap3@" RANDOM ".600 1:1-10 end");
}

static void say(const char *rule, uint16_t bdf, uint64_t seq)
{
	struct health_change change = { .device = { .type = ADDRESS_PCI, .bdf = bdf },
					.from = HEALTH_OK,
					.to = HEALTH_FAULTY,
					.real_ns = 1000 + bdf };

	test_feed.cursor = (struct cursor){ .instance = 0xabc, .seq = seq };
	snprintf(change.rule, sizeof(change.rule), "%s", rule);
	bus_health(&change);
}

/*
 * A health change is not counted as an event. The same change in another run of the
 * exporter is a different entry.
 */
static void keeps_what_was_said_of_health(void **state)
{
	struct event_filter filter = { .num_devices = 1,
				       .devices = { { .type = ADDRESS_PCI, .bdf = 9 } },
				       .kinds = 1U << FAULTCAST_KIND_AER };
	char after[CURSOR_LEN];
	struct cursor at;

	(void)state;
	publish(0xabc, 1, 3);
	say("first", 8, 3);
	at = window_newest();
	say("second", 9, 3);
	run_until(all_stored);
	assert_int_equal(get_counts().sent, 3);
	restart();
	assert_string_equal(read_store("", NULL), "abc:1-3 first@abc.3 second@abc.3 end");
	publish(0xabc, 1, 3);
	/* The cursors of health changes have a resolution of 0.1 s. */
	usleep(300000);
	say("third", 9, 3);
	publish(0xabc, 4, 4);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL),
			    "abc:1-3 first@abc.3 second@abc.3 third@abc.3 abc:4-4 end");
	cursor_format(&at, after);
	assert_string_equal(read_store(after, NULL), "second@abc.3 third@abc.3 abc:4-4 end");
	assert_string_equal(read_store("", &filter), "second@abc.3 third@abc.3 end");
	filter = (struct event_filter){ .until_ns = 1009 };
	assert_string_equal(read_store("abc.3.0", &filter), "first@abc.3 end");
}

static void states_what_it_has_not(void **state)
{
	const struct cursor end = { .instance = 0xabc, .seq = 20, .sub = CURSOR_SUB_END };
	const struct fault_gap unloaded = { .reason = GAP_UNLOADED };

	(void)state;
	publish(0xabc, 5, 10);
	run_until(all_stored);
	restart();
	/*
	 * Events 11 to 14 were published while no exporter ran. Later the module is
	 * loaded again.
	 */
	publish(0xabc, 15, 20);
	bus_sink.gap(NULL, &end, &unloaded);
	publish(0xdef, 1, 3);
	run_until(all_stored);
	restart();
	publish(0x123, 4, 6);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:5-10 gap0:11-14 abc:15-20 gap3@abc.20 "
						  "def:1-3 gap3@def.3 gap0:1-3 123:4-6 end");
	assert_string_equal(read_store("abc.2.0", NULL),
			    "gap0:3-4 abc:5-10 gap0:11-14 abc:15-20 gap3@abc.20 def:1-3 gap3@def.3 "
			    "gap0:1-3 123:4-6 end");
}

static void a_gap_is_cut_to_what_is_missing(void **state)
{
	(void)state;
	publish(0xabc, 1, 120);
	run_until(all_stored);
	restart();
	/* The kernel's history began at 110, and events were evicted before they could be read. */
	publish_gap(0xabc, 110, 149);
	publish(0xabc, 150, 151);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:1-120 gap0:121-149 abc:150-151 end");
}

static void no_number_is_too_large_for_it(void **state)
{
	(void)state;
	publish(0xabc, INT64_MAX - 1, INT64_MAX);
	publish(0xabc, 1ULL << 63, (1ULL << 63) + 1);
	run_until(all_stored);
	assert_int_equal(get_counts().sent, 2);
	assert_int_equal(get_counts().dropped, 2);
	assert_string_equal(read_store("abc.9223372036854775805.0", NULL),
			    "abc:9223372036854775806-9223372036854775807 end");
}

static void filters(void **state)
{
	const struct event_filter links = { .kinds = 1 << FAULTCAST_KIND_LINK };
	const struct event_filter device = { .devices = { { .type = ADDRESS_PCI, .bdf = 3 } },
					     .num_devices = 1 };
	const struct event_filter nobody = { .devices = { { .type = ADDRESS_PCI, .bdf = 9 } },
					     .num_devices = 1 };
	const struct event_filter past = { .until_ns = 1000 };

	(void)state;
	publish(0xabc, 1, 9000);
	publish_gap(0xabc, 9001, 9005);
	publish(0xabc, 9006, 9020);
	run_until(all_stored);
	assert_string_equal(read_store("abc.8990.0", &device),
			    "abc:8991-8991 abc:8998-8998 gap0:9001-9005 abc:9012-9012 "
			    "abc:9019-9019 end");
	/* All events have another kind, but each may report unpublished faults of this kind. */
	read_store("", &links);
	assert_int_equal(test_got.events, 9015);
	/* The number of reads is bounded, even if nothing matches. */
	assert_string_equal(read_store("", &nobody), "gap0:9001-9005 end");
	assert_int_equal(test_got.reads, 9016 / DATABASE_READ_ROWS + 1);
	assert_string_equal(read_store("abc.9010.0", &past), "end");
}

static void writes_the_rest_at_the_end(void **state)
{
	(void)state;
	publish(0xabc, 1, 10000);
	restart();
	run_until(is_up);
	assert_string_equal(read_store("", NULL), "abc:1-10000 end");
}

static void holds_back_what_can_wait(void **state)
{
	(void)state;
	run_until(is_up);
	assert_false(bus_sink.congested(NULL));
	publish(0xabc, 1, WINDOW_ENTRIES / 2 + STORE_BATCH + 1);
	assert_true(bus_sink.congested(NULL));
	run_until(all_stored);
	assert_false(bus_sink.congested(NULL));
	assert_int_equal(get_counts().dropped, 0);
}

static void counts_what_it_was_too_slow_for(void **state)
{
	const uint64_t most = WINDOW_ENTRIES - 1;

	(void)state;
	/* The worker takes the first event at once. The window holds this many of the others. */
	publish(0xabc, 1, 1);
	publish_gap(0xabc, 2, 5);
	publish(0xabc, 6, 5 + most + 10);
	run_until(all_stored);
	assert_int_equal(get_counts().dropped, 10);
	assert_true(feature_store.output->loses_events);
	assert_int_equal(get_counts().sent, 1 + most);
	read_store("", NULL);
	assert_int_equal(test_got.events, get_counts().sent);
	assert_int_equal(test_got.missing, 4 + get_counts().dropped);
}

static unsigned int done_order[3], num_done;
static struct store_read three[3];
static struct entry three_entries[3][8];

static void note_done(struct store_read *read)
{
	done_order[num_done++] = (unsigned int)(read - three);
}

static bool all_done(void)
{
	return num_done == 2;
}

static void may_be_cancelled(void **state)
{
	static const struct event_filter all;

	(void)state;
	publish(0xabc, 1, 3);
	run_until(all_stored);
	num_done = 0;
	for (size_t i = 0; i < 3; i++) {
		three[i] = (struct store_read){
			.filter = &all, .entries = three_entries[i], .max = 8, .done = note_done
		};
		store_read(&three[i]);
	}
	/* The worker has this read, and may be writing into it. */
	store_cancel(&three[0]);
	memset(&three[0], 0xa5, sizeof(three[0]));
	run_until(all_done);
	assert_int_equal(done_order[0], 1);
	assert_int_equal(done_order[1], 2);
	assert_int_equal(three[2].num, 3);
	assert_true(three[2].end);
	assert_int_equal(three_entries[2][2].at.seq, 3);
}

static void is_no_end_while_more_is_being_written(void **state)
{
	static const struct event_filter all;

	(void)state;
	run_until(is_up);
	num_done = 1;
	three[1] = (struct store_read){
		.filter = &all, .entries = three_entries[1], .max = 8, .done = note_done
	};
	store_read(&three[1]);
	/*
	 * The read has found nothing. Then the window evicts events that are still being
	 * written.
	 */
	usleep(200000);
	publish(0xabc, 1, WINDOW_ENTRIES + 100);
	run_until(all_done);
	assert_true(three[1].num > 0);
	assert_int_equal(three_entries[1][0].at.seq, 1);
	run_until(all_stored);
}

static void without_one_nothing_is_there(void **state)
{
	struct store_status status;

	(void)state;
	stop();
	((struct store_config *)store_settings.running)->path = "";
	assert_int_equal(bus_init(&test_loop, features), 0);
	publish(0xabc, 1, 10);
	assert_false(store_get_status(&status));
	assert_false(store_is_readable());
	assert_false(bus_sink.congested(NULL));
	bus_fini();
	start();
}

static int lease = -1;
static volatile sig_atomic_t is_wanted;

static void on_wanted(int number)
{
	(void)number;
	is_wanted = 1;
	alarm(1);
}

static void give_up(int number)
{
	(void)number;
	fcntl(lease, F_SETLEASE, F_UNLCK);
}

static bool is_opening(void)
{
	return is_wanted;
}

/* Opening a large file takes time. A lease makes open() wait in the same way. */
static void a_read_waits_until_it_is_open(void **state)
{
	(void)state;
	publish(0xabc, 1, 3000);
	run_until(all_stored);
	stop();
	lease = open(test_path, O_RDWR | O_CLOEXEC);
	assert_true(lease >= 0);
	signal(SIGIO, on_wanted);
	signal(SIGALRM, give_up);
	if (fcntl(lease, F_SETLEASE, F_WRLCK)) {
		print_message("# no leases on the file system of %s: %s\n", test_dir,
			      strerror(errno));
		close(lease);
		skip();
	}
	start();
	run_until(is_opening);
	assert_false(get_status().open);
	assert_true(store_is_readable());
	assert_string_equal(read_store("abc.1000.0", NULL), "abc:1001-3000 end");
	close(lease);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_what_was_published, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fetched_again_is_there_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(goes_on_after_a_cursor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_what_was_said_of_health, set_up, tear_down),
		cmocka_unit_test_setup_teardown(states_what_it_has_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gap_is_cut_to_what_is_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_number_is_too_large_for_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_the_rest_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(holds_back_what_can_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_what_it_was_too_slow_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(may_be_cancelled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_no_end_while_more_is_being_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_one_nothing_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_read_waits_until_it_is_open, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
