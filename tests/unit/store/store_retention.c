// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the store deletes rows beyond its age or size limit, the oldest first and a
 * bounded number at a time. It reports this to readers and shrinks the file. A clock that
 * is set does no harm.
 */
#include "with_store.h"

#define HOUR_NS (3600 * NSEC_PER_SEC)

static struct database database;
/* An arbitrary time. */
static const uint64_t now_ns = 1000 * DAY_NS;

static int open_database(void **state)
{
	remove_files(state);
	return database_open(&database, test_path);
}

static int close_database(void **state)
{
	(void)state;
	database_close(&database);
	return 0;
}

/* Adds rows @from to @to, one second apart, the first at @real_ns. */
static void add_rows(uint64_t from, uint64_t to, uint64_t real_ns)
{
	struct entry entries[STORE_BATCH];
	size_t num = 0, refused;

	for (uint64_t seq = from; seq <= to; seq++) {
		struct entry *entry = &entries[num++];

		*entry = (struct entry){ .at = { 0xabc, seq, 0 }, .event = make_event(0xabc, seq) };
		entry->event.real_ns = real_ns + (seq - from) * NSEC_PER_SEC;
		if (num < STORE_BATCH && seq < to)
			continue;
		assert_int_equal(database_write(&database, entries, num, clock_real_ns(), &refused),
				 SQLITE_OK);
		num = 0;
	}
}

static uint64_t query(const char *sql)
{
	sqlite3_stmt *stmt;
	uint64_t value;

	assert_int_equal(sqlite3_prepare_v2(database.db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static uint64_t first_row(void)
{
	return query("SELECT min(seq) FROM event");
}

static uint64_t num_rows(void)
{
	return query("SELECT count(*) FROM event");
}

static bool expire(uint64_t since_ns, uint64_t at_ns, uint64_t *oldest_ns)
{
	bool more;

	assert_int_equal(database_retain_age(&database, since_ns, at_ns, &more, oldest_ns),
			 SQLITE_OK);
	return more;
}

static void old_rows_expire(void **state)
{
	uint64_t oldest_ns;

	(void)state;
	assert_false(expire(now_ns, now_ns, &oldest_ns));
	assert_int_equal(oldest_ns, 0);
	add_rows(1, 100, now_ns - HOUR_NS);
	assert_false(expire(now_ns - HOUR_NS, now_ns, &oldest_ns));
	assert_int_equal(num_rows(), 100);
	assert_int_equal(oldest_ns, now_ns - HOUR_NS);
	assert_false(expire(now_ns - HOUR_NS + 30 * NSEC_PER_SEC, now_ns, &oldest_ns));
	assert_int_equal(first_row(), 31);
	assert_int_equal(num_rows(), 70);
	assert_int_equal(oldest_ns, now_ns - HOUR_NS + 30 * NSEC_PER_SEC);
	assert_false(expire(now_ns, now_ns, &oldest_ns));
	assert_int_equal(num_rows(), 0);
	assert_int_equal(oldest_ns, 0);
}

static void few_at_a_time(void **state)
{
	uint64_t oldest_ns;

	(void)state;
	add_rows(1, DATABASE_DELETE_ROWS + 100, now_ns - 2 * DAY_NS);
	assert_true(expire(now_ns, now_ns, &oldest_ns));
	assert_int_equal(num_rows(), 100);
	assert_false(expire(now_ns, now_ns, &oldest_ns));
	assert_int_equal(num_rows(), 0);
}

static void a_clock_set_back_keeps_rows_longer(void **state)
{
	uint64_t oldest_ns;

	(void)state;
	add_rows(1, 10, now_ns);
	add_rows(11, 20, now_ns - HOUR_NS);
	/* By the clock that was set back, an hour passes for the oldest row. */
	assert_false(expire(now_ns - HOUR_NS - NSEC_PER_SEC, now_ns - HOUR_NS, &oldest_ns));
	assert_int_equal(num_rows(), 20);
	assert_false(expire(now_ns - HOUR_NS + 5 * NSEC_PER_SEC, now_ns + DAY_NS, &oldest_ns));
	assert_int_equal(num_rows(), 20);
	assert_false(expire(now_ns + 5 * NSEC_PER_SEC, now_ns + DAY_NS, &oldest_ns));
	assert_int_equal(num_rows(), 15);
	assert_int_equal(oldest_ns, now_ns + 5 * NSEC_PER_SEC);
}

static void rows_from_the_future_keep_nobody(void **state)
{
	uint64_t oldest_ns;

	(void)state;
	/* The machine started with a clock that was years ahead. */
	add_rows(1, 10, now_ns + 1000 * DAY_NS);
	add_rows(11, 20, now_ns - DAY_NS);
	assert_false(expire(now_ns - DAY_NS + 5 * NSEC_PER_SEC, now_ns, &oldest_ns));
	assert_int_equal(first_row(), 16);
	assert_int_equal(oldest_ns, now_ns - DAY_NS + 5 * NSEC_PER_SEC);
}

static void large_is_cut_to_size_and_space_given_back(void **state)
{
	const uint64_t limit = 16 << 20;
	uint64_t before, after, rows;
	bool more = true;

	(void)state;
	assert_int_equal(query("PRAGMA page_size"), DATABASE_PAGE);
	assert_int_equal(query("PRAGMA auto_vacuum"), 2);
	add_rows(1, 150000, now_ns);
	before = query("PRAGMA page_count");
	assert_true(before * DATABASE_PAGE > limit);
	rows = num_rows();
	assert_int_equal(database_retain_size(&database, limit, &more), SQLITE_OK);
	assert_true(more);
	assert_int_equal(num_rows(), rows - DATABASE_DELETE_ROWS);
	while (more)
		assert_int_equal(database_retain_size(&database, limit, &more), SQLITE_OK);
	assert_true(num_rows() > 1000);
	assert_int_equal(query("SELECT max(seq) FROM event"), 150000);
	assert_int_equal(first_row(), 150000 - num_rows() + 1);
	assert_int_equal(query("PRAGMA page_count"), before);
	do {
		assert_int_equal(database_vacuum(&database, &more), SQLITE_OK);
	} while (more);
	after = query("PRAGMA page_count");
	assert_true(after < before);
	database_close(&database);
	assert_true(database_bytes(&database) <= limit);
	assert_int_equal(database_open(&database, test_path), SQLITE_OK);
	assert_int_equal(query("PRAGMA page_count"), after);
}

static uint64_t rows_left;

static bool is_shorter(void)
{
	return get_status().bytes <= test_config.retention_bytes && is_up();
}

/* The worker deletes rows while events arrive. */
static void the_worker_keeps_to_the_size(void **state)
{
	(void)state;
	stop();
	test_config.retention_bytes = 32 << 20;
	start();
	for (uint64_t seq = 1; seq <= 300000; seq += 8000) {
		publish(0xabc, seq, seq + 7999);
		run_until(all_stored);
		assert_true(get_status().bytes < test_config.retention_bytes + (4 << 20));
	}
	read_store("", NULL);
	rows_left = test_got.events;
	assert_true(rows_left > 50000 && rows_left < 250000);
	assert_int_equal(test_got.missing, 0);
	read_store("abc.1.0", NULL);
	assert_int_equal(test_got.events, rows_left);
	assert_int_equal(test_got.missing, test_published - 1 - rows_left);
}

static bool none_left(void)
{
	return !get_status().oldest_ns;
}

static bool one_there(void)
{
	return get_status().oldest_ns;
}

/* The worker deletes rows while no events arrive. */
static void the_worker_keeps_to_the_age(void **state)
{
	(void)state;
	stop();
	test_config.retention_ns = 2 * NSEC_PER_SEC;
	start();
	publish(0xabc, 1, 100);
	run_until(all_stored);
	run_until(one_there);
	assert_string_equal(read_store("", NULL), "abc:1-100 end");
	run_until(none_left);
	assert_string_equal(read_store("", NULL), "end");
	assert_string_equal(read_store("abc.50.0", NULL), "end");
	publish(0xabc, 101, 101);
	run_until(all_stored);
	assert_string_equal(read_store("abc.50.0", NULL), "gap0:51-100 abc:101-101 end");
}

/* The exporter restarts with a smaller limit. */
static void the_worker_shrinks_the_file(void **state)
{
	struct stat st;

	(void)state;
	for (uint64_t seq = 1; seq <= 200000; seq += 8000) {
		publish(0xabc, seq, seq + 7999);
		run_until(all_stored);
	}
	stop();
	test_config.retention_bytes = 20 << 20;
	assert_int_equal(stat(test_path, &st), 0);
	assert_true((uint64_t)st.st_size > test_config.retention_bytes);
	start();
	run_until(one_there);
	run_until(is_shorter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(old_rows_expire, open_database, close_database),
		cmocka_unit_test_setup_teardown(few_at_a_time, open_database, close_database),
		cmocka_unit_test_setup_teardown(a_clock_set_back_keeps_rows_longer, open_database,
						close_database),
		cmocka_unit_test_setup_teardown(rows_from_the_future_keep_nobody, open_database,
						close_database),
		cmocka_unit_test_setup_teardown(large_is_cut_to_size_and_space_given_back,
						open_database, close_database),
		cmocka_unit_test_setup_teardown(the_worker_keeps_to_the_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_worker_keeps_to_the_age, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_worker_shrinks_the_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
