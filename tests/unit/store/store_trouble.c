// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: whatever happens to the store's file, the exporter keeps serving, logs the
 * problem once, counts it, and stores again as soon as possible. Events that were not
 * stored are stated to readers as gaps, and nothing else is missing.
 */
#include "with_trouble.h"

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(test_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Overwrites the file with garbage from @page to its end. */
static void spoil(long page)
{
	char garbage[DATABASE_PAGE];
	FILE *file = fopen(test_path, "r+");
	long size;

	assert_non_null(file);
	memset(garbage, 0xa5, sizeof(garbage));
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	assert_true(page * DATABASE_PAGE < size);
	for (long at = page * DATABASE_PAGE; at < size; at += DATABASE_PAGE) {
		fseek(file, at, SEEK_SET);
		assert_int_equal(fwrite(garbage, DATABASE_PAGE, 1, file), 1);
	}
	fclose(file);
}

/* Overwrites the header of the file, and nothing else. */
static void spoil_header(void)
{
	char garbage[100];
	FILE *file = fopen(test_path, "r+");

	assert_non_null(file);
	memset(garbage, 0xa5, sizeof(garbage));
	assert_int_equal(fwrite(garbage, sizeof(garbage), 1, file), 1);
	fclose(file);
}

static void a_damaged_header_is_moved_aside(void **state)
{
	(void)state;
	store_few(1, 10);
	for (int i = 0; i < 2; i++) {
		spoil_header();
		start();
		publish(0xabc, 11, 20);
		run_until(all_stored);
		assert_true(is_up());
		assert_int_equal(get_status().errors, 1);
		assert_string_equal(read_store("", NULL), "abc:11-20 end");
		assert_string_equal(read_store("abc.5.0", NULL), "gap0:6-10 abc:11-20 end");
		stop();
		/* Only the newest damaged file is kept. */
		assert_int_equal(files_with("events.corrupt-"), 1);
		usleep(1100000);
	}
	assert_int_equal(says("moved to"), 2);
	assert_int_equal(says("works again"), 2);
}

static void a_damaged_page_is_found_by_a_reader(void **state)
{
	(void)state;
	store_few(1, 16000);
	spoil(100);
	start();
	run_until(is_up);
	/* More rows than SQLite's cache holds, so that it reads the damaged pages. */
	read_store("", NULL);
	assert_int_equal(test_got.err, -EIO);
	assert_true(test_got.events > 100);
	run_until(is_up);
	assert_int_equal(files_with("events.corrupt-"), 1);
	assert_string_equal(read_store("", NULL), "end");
	assert_string_equal(read_store("abc.5.0", NULL), "err 2");
	publish(0xabc, 16001, 16010);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:16001-16010 end");
	stop();
}

static void a_damaged_page_is_no_hindrance_to_the_writer(void **state)
{
	(void)state;
	store_few(1, 1000);
	spoil(4);
	start();
	publish(0xabc, 1001, 1100);
	run_until(all_stored);
	assert_int_equal(files_with("events.corrupt-"), 1);
	assert_int_equal(get_counts().dropped, 0);
	assert_string_equal(read_store("", NULL), "abc:1001-1100 end");
	stop();
}

static void a_row_without_sense_is_a_gap(void **state)
{
	(void)state;
	store_few(1, 10);
	run_sql("UPDATE event SET message = x'00ff' WHERE seq IN (4, 5);"
		"UPDATE event SET message = (SELECT message FROM event WHERE seq = 1) "
		"WHERE seq = 10");
	start();
	run_until(is_up);
	assert_string_equal(read_store("", NULL), "abc:1-3 gap0:4-5 abc:6-9 end");
	assert_int_equal(get_status().errors, 3);
	assert_int_equal(says("3 rows make no sense"), 1);
	publish(0xabc, 11, 12);
	run_until(all_stored);
	assert_string_equal(read_store("abc.3.0", NULL),
			    "gap0:4-5 abc:6-9 gap0:10-10 abc:11-12 end");
	stop();
}

static void nothing_but_such_rows_is_damage(void **state)
{
	(void)state;
	store_few(1, 10000);
	run_sql("UPDATE event SET message = x'00ff'");
	start();
	run_until(is_up);
	assert_string_equal(read_store("", NULL), "err 5");
	run_until(is_up);
	assert_int_equal(files_with("events.corrupt-"), 1);
	stop();
}

/* Nothing in the file shows any more that it is ours, but the exporter had it open. */
static void a_file_damaged_in_use_is_moved_aside(void **state)
{
	(void)state;
	start();
	/* More than SQLite's cache holds. */
	for (uint64_t seq = 1; seq <= 40000; seq += 1000) {
		publish(0xabc, seq, seq + 999);
		run_until(all_stored);
	}
	spoil(0);
	read_store("", NULL);
	assert_int_equal(test_got.err, -EIO);
	run_until(is_up);
	assert_int_equal(files_with("events.corrupt-"), 1);
	publish(0xabc, 40001, 40010);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:40001-40010 end");
	stop();
}

static void a_newer_file_is_left_alone(void **state)
{
	(void)state;
	store_few(1, 10);
	run_sql("PRAGMA user_version = 2; PRAGMA journal_mode = DELETE");
	expect_untouched("of a newer faultcast: schema 2, known is 1; trying again");
}

static void a_file_of_others_is_left_alone(void **state)
{
	(void)state;
	run_sql("CREATE TABLE event (theirs)");
	expect_untouched("a database, but not of faultcast; trying again until it is moved away");
}

static void one_that_others_use_is_waited_for(void **state)
{
	sqlite3 *db;

	(void)state;
	store_few(1, 10);
	assert_int_equal(sqlite3_open(test_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	start();
	publish(0xabc, 11, 20);
	run_until(failed_twice);
	assert_int_equal(says("database is locked; trying again"), 1);
	sqlite3_close(db);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:1-20 end");
	assert_int_equal(says("works again"), 1);
	stop();
}

static void a_directory_may_come_late(void **state)
{
	(void)state;
	rmdir(test_dir);
	start();
	publish(0xabc, 1, 20000);
	run_until(failed_three_times);
	assert_false(bus_sink.congested(NULL));
	assert_int_equal(says("unable to open database file"), 1);
	assert_int_equal(mkdir(test_dir, 0700), 0);
	run_until(all_stored);
	/*
	 * The worker took one batch, and the window holds the newest events. The others
	 * were dropped.
	 */
	assert_int_equal(get_counts().dropped, 20000 - 1 - (WINDOW_ENTRIES - 1));
	read_store("", NULL);
	assert_int_equal(test_got.events, get_counts().sent);
	assert_int_equal(test_got.missing, get_counts().dropped);
	assert_int_equal(says("works again"), 1);
	stop();
}

static void a_directory_may_go(void **state)
{
	(void)state;
	start();
	publish(0xabc, 1, 10);
	run_until(all_stored);
	remove_files(state);
	assert_int_equal(rmdir(test_dir), 0);
	publish(0xabc, 11, 20);
	run_until(is_down);
	assert_int_equal(mkdir(test_dir, 0700), 0);
	run_until(all_stored);
	assert_int_equal(get_counts().dropped, 0);
	assert_string_equal(read_store("", NULL), "abc:11-20 end");
	assert_int_equal(files_with("corrupt"), 0);
	/* The same with the file alone. The store recovers at once. */
	unlink(test_path);
	publish(0xabc, 21, 30);
	run_until(all_stored);
	assert_int_equal(access(test_path, F_OK), 0);
	assert_string_equal(read_store("", NULL), "abc:21-30 end");
	stop();
}

/* Mounts a file system of @size at the store's directory. */
static void mount_small(const char *size)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%s", size);
	if (!mount("tmpfs", test_dir, "tmpfs", 0, options))
		return;
	print_message("# skipped: cannot mount a tmpfs: %s\n", strerror(errno));
	skip();
}

static void a_read_only_file_system_is_waited_for(void **state)
{
	(void)state;
	mount_small("4m");
	store_few(1, 10);
	assert_int_equal(mount(NULL, test_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	start();
	publish(0xabc, 11, 20);
	run_until(failed_three_times);
	assert_int_equal(says("readonly database; trying again"), 1);
	assert_int_equal(mount(NULL, test_dir, NULL, MS_REMOUNT, NULL), 0);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:1-20 end");
	assert_int_equal(says("works again"), 1);
	stop();
}

static void fill_disk(const char *name)
{
	char path[sizeof(test_path) + 16], zeros[4096] = { 0 };
	int fd;

	snprintf(path, sizeof(path), "%s/%s", test_dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
}

static void a_full_disk_is_waited_for(void **state)
{
	char filler[sizeof(test_path) + 16];
	uint64_t events;

	(void)state;
	mount_small("8m");
	start();
	publish(0xabc, 1, 1000);
	run_until(all_stored);
	fill_disk("filler");
	for (uint64_t seq = 1001; seq <= 100000; seq += 1100) {
		publish(0xabc, seq, seq + 1099);
		usleep(2000);
	}
	run_until(failed_three_times);
	assert_true(store_is_readable());
	assert_int_equal(says("database or disk is full; trying again"), 1);
	/* The store can be read throughout. */
	read_store("", NULL);
	assert_int_equal(test_got.err, 0);
	snprintf(filler, sizeof(filler), "%s/filler", test_dir);
	unlink(filler);
	assert_int_equal(mount(NULL, test_dir, NULL, MS_REMOUNT, "size=100m"), 0);
	run_until(all_stored);
	assert_true(get_counts().dropped > 0);
	assert_true(get_counts().retried > 0);
	assert_int_equal(says("works again"), 1);
	read_store("", NULL);
	events = test_got.events;
	/* Every event behind 0 is present or part of a gap, including the oldest. */
	read_store("abc.0.0", NULL);
	assert_int_equal(test_got.events, events);
	assert_int_equal(test_got.events + test_got.missing, test_published);
	stop();
}

static void what_a_full_disk_leaves_is_said(void **state)
{
	(void)state;
	mount_small("8m");
	start();
	publish(0xabc, 1, 1000);
	run_until(all_stored);
	fill_disk("filler");
	for (uint64_t seq = 1001; seq <= 50000; seq += 1000) {
		publish(0xabc, seq, seq + 999);
		usleep(2000);
	}
	run_until(is_down);
	stop();
	assert_int_equal(says("events are not stored"), 1);
}

static bool newest_is_stored(void)
{
	return all_stored() && get_status().up;
}

/* The limit is larger than the disk. The newest events are kept. */
static void a_disk_of_its_own_may_be_too_small(void **state)
{
	(void)state;
	mount_small("24m");
	start();
	for (uint64_t seq = 1; seq <= 400000; seq += 8000) {
		publish(0xabc, seq, seq + 7999);
		run_until(newest_is_stored);
	}
	/* The disk was never full. */
	assert_int_equal(get_status().errors, 0);
	assert_int_equal(get_counts().dropped, 0);
	read_store("", NULL);
	assert_true(test_got.events > 30000 && test_got.events < 200000);
	read_store("abc.399000.0", NULL);
	assert_int_equal(test_got.missing, 0);
	assert_int_equal(test_got.events, 1000);
	stop();
}

int main(void)
{
#define TROUBLE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		TROUBLE(a_damaged_header_is_moved_aside),
		TROUBLE(a_damaged_page_is_found_by_a_reader),
		TROUBLE(a_damaged_page_is_no_hindrance_to_the_writer),
		TROUBLE(a_row_without_sense_is_a_gap),
		TROUBLE(nothing_but_such_rows_is_damage),
		TROUBLE(a_file_damaged_in_use_is_moved_aside),
		TROUBLE(a_newer_file_is_left_alone),
		TROUBLE(a_file_of_others_is_left_alone),
		TROUBLE(one_that_others_use_is_waited_for),
		TROUBLE(a_directory_may_come_late),
		TROUBLE(a_directory_may_go),
		TROUBLE(a_read_only_file_system_is_waited_for),
		TROUBLE(a_full_disk_is_waited_for),
		TROUBLE(what_a_full_disk_leaves_is_said),
		TROUBLE(a_disk_of_its_own_may_be_too_small),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
