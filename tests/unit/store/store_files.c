// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the store changes, renames and removes no file that it did not make itself. It waits
 * until the file that stands in its place is gone.
 */
#include "with_trouble.h"

static void write_file(const char *suffix, const char *text)
{
	char path[sizeof(test_path) + 64];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", test_path, suffix);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_file(const char *suffix, const char *text)
{
	char path[sizeof(test_path) + 64], got[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", test_path, suffix);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is gone", path);
	assert_true(fread(got, 1, sizeof(got) - 1, file) > 0);
	fclose(file);
	assert_string_equal(got, text);
}

static bool has_file(const char *suffix)
{
	char path[sizeof(test_path) + 64];

	snprintf(path, sizeof(path), "%s%s", test_path, suffix);
	return !access(path, F_OK);
}

static bool has_bytes_of_log(void)
{
	struct stat st;

	return !stat(test_path, &st) && get_status().bytes > (uint64_t)st.st_size;
}

static void a_text_is_left_alone(void **state)
{
	(void)state;
	write_file("", "root:x:0:0:root:/root:/bin/bash\n");
	expect_untouched("a file, but not of faultcast; trying again until it is moved away");
	expect_file("", "root:x:0:0:root:/root:/bin/bash\n");
}

/* The beginning of a database is no database of ours. */
static void a_header_without_content_is_left_alone(void **state)
{
	(void)state;
	write_file("", "SQLite format 3");
	expect_untouched("a file, but not of faultcast; trying again until it is moved away");
}

static void zeros_are_left_alone(void **state)
{
	(void)state;
	write_file("", "");
	assert_int_equal(truncate(test_path, 100000), 0);
	expect_untouched("a file, but not of faultcast; trying again until it is moved away");
}

/* SQLite would write the log of others into their file, and delete it. */
static void the_log_of_others_is_left_alone(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command),
		 "python3 -c \"import os, sqlite3; d = sqlite3.connect('%s'); "
		 "d.execute('PRAGMA journal_mode = WAL'); d.execute('CREATE TABLE t (a)'); "
		 "d.commit(); os._exit(0)\"",
		 test_path);
	assert_int_equal(system(command), 0);
	assert_true(has_file("-wal"));
	start();
	publish(0xabc, 1, 10);
	run_until(failed_twice);
	stop();
	assert_true(has_file("-wal"));
	assert_int_equal(
		says("a database, but not of faultcast; trying again until it is moved away"), 1);
}

static void what_is_no_file_is_left_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkfifo(test_path, 0600), 0);
	start();
	publish(0xabc, 1, 10);
	run_until(failed_twice);
	assert_int_equal(says("not a regular file; trying again until it is moved away"), 1);
	assert_int_equal(stat(test_path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(test_path);
	assert_int_equal(symlink("/dev/zero", test_path), 0);
	run_until(failed_three_times);
	unlink(test_path);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:1-10 end");
	stop();
}

/* A text takes the place of the file, which is deleted. */
static void a_text_in_the_place_of_the_file_is_left_alone(void **state)
{
	(void)state;
	start();
	publish(0xabc, 1, 10);
	run_until(all_stored);
	write_file(".new", "precious");
	{
		char path[sizeof(test_path) + 64];

		snprintf(path, sizeof(path), "%s.new", test_path);
		assert_int_equal(rename(path, test_path), 0);
	}
	publish(0xabc, 11, 20);
	run_until(failed_twice);
	expect_file("", "precious");
	assert_int_equal(files_with("corrupt"), 0);
	unlink(test_path);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:11-20 end");
	stop();
}

/* Damages the header of the store's file. */
static void damage(void)
{
	FILE *file = fopen(test_path, "r+");

	assert_non_null(file);
	fputs("damaged", file);
	fclose(file);
}

static void only_its_own_names_are_removed(void **state)
{
	(void)state;
	store_few(1, 10);
	write_file(".corrupt-my-notes.txt", "keep me");
	write_file(".corrupt-1", "old");
	write_file(".corrupt-1796092159.bak", "a copy");
	write_file(".corrupt-1796092159-shm", "else");
	write_file(".corrupt-17960921590", "too long");
	write_file("2.corrupt-1796092159", "of another store");
	write_file(".corrupt-1000000001", "ours");
	write_file(".corrupt-1000000001-wal", "its log");
	damage();
	start();
	run_until(is_up);
	stop();
	expect_file(".corrupt-my-notes.txt", "keep me");
	expect_file(".corrupt-1", "old");
	expect_file(".corrupt-1796092159.bak", "a copy");
	expect_file(".corrupt-1796092159-shm", "else");
	expect_file(".corrupt-17960921590", "too long");
	expect_file("2.corrupt-1796092159", "of another store");
	assert_false(has_file(".corrupt-1000000001"));
	assert_false(has_file(".corrupt-1000000001-wal"));
	assert_int_equal(says("moved to"), 1);
	assert_int_equal(files_with("events.corrupt-"), 6);
}

/* No file is overwritten by the one that is moved aside. */
static void a_taken_name_is_passed_over(void **state)
{
	uint64_t now = clock_real_ns() / NSEC_PER_SEC;
	char suffix[32];

	(void)state;
	store_few(1, 10);
	damage();
	for (uint64_t seconds = now; seconds < now + 20; seconds++) {
		snprintf(suffix, sizeof(suffix), ".corrupt-%llu", (unsigned long long)seconds);
		{
			char path[sizeof(test_path) + 64];

			snprintf(path, sizeof(path), "%s%s", test_path, suffix);
			assert_int_equal(symlink("precious", path), 0);
		}
	}
	start();
	run_until(is_up);
	stop();
	assert_int_equal(files_with("events.corrupt-"), 21);
	assert_int_equal(says("moved to"), 1);
}

/* A name that is a link stays one.  All that belongs to the store is beside the file itself. */
static void a_link_is_followed(void **state)
{
	char real[sizeof(test_path) + 64], target[64] = "";

	(void)state;
	snprintf(real, sizeof(real), "%s.real", test_path);
	assert_int_equal(symlink("events.real", test_path), 0);
	store_few(1, 10);
	start();
	publish(0xabc, 11, 20);
	run_until(all_stored);
	assert_true(has_file(".real-wal"));
	run_until(has_bytes_of_log);
	stop();
	{
		FILE *file = fopen(real, "r+");

		assert_non_null(file);
		fputs("damaged", file);
		fclose(file);
	}
	write_file(".real-wal", "a log");
	start();
	publish(0xabc, 21, 30);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:21-30 end");
	stop();
	assert_true(readlink(test_path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "events.real");
	assert_int_equal(files_with("events.real.corrupt-"), 2);
	assert_int_equal(files_with("events.corrupt-"), 0);
}

/* SQLite would wait in open() for a writer of such a journal. */
static void files_beside_it_must_be_files(void **state)
{
	static const char *const suffixes[] = { "-journal", "-wal" };
	char path[sizeof(test_path) + 64];
	struct stat st;

	(void)state;
	store_few(1, 10);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", test_path, suffixes[i]);
		unlink(path);
		assert_int_equal(mkfifo(path, 0600), 0);
		start();
		publish(0xabc, 11 + 10 * i, 20 + 10 * i);
		run_until(failed_twice);
		assert_int_equal(says("beside it is not a regular file; trying again"), i + 1);
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISFIFO(st.st_mode));
		unlink(path);
		run_until(all_stored);
		stop();
	}
}

/* Rows that are only in a deleted log would be lost with the process. */
static void a_removed_log_is_noticed(void **state)
{
	char path[sizeof(test_path) + 64];

	(void)state;
	snprintf(path, sizeof(path), "%s-wal", test_path);
	start();
	publish(0xabc, 1, 10);
	run_until(all_stored);
	assert_int_equal(unlink(path), 0);
	publish(0xabc, 11, 20);
	run_until(all_stored);
	assert_true(has_file("-wal"));
	assert_string_equal(read_store("", NULL), "abc:1-20 end");
	stop();
}

int main(void)
{
#define TROUBLE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		TROUBLE(a_text_is_left_alone),
		TROUBLE(a_header_without_content_is_left_alone),
		TROUBLE(zeros_are_left_alone),
		TROUBLE(the_log_of_others_is_left_alone),
		TROUBLE(what_is_no_file_is_left_alone),
		TROUBLE(a_text_in_the_place_of_the_file_is_left_alone),
		TROUBLE(only_its_own_names_are_removed),
		TROUBLE(a_taken_name_is_passed_over),
		TROUBLE(a_link_is_followed),
		TROUBLE(files_beside_it_must_be_files),
		TROUBLE(a_removed_log_is_noticed),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
