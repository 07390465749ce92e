// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: without memory the store fails and tries again. It takes no row for damaged, no instance
 * for unknown, and its file is not moved aside. A limit for the size of files is like a full disk.
 */
#include "with_trouble.h"

#include <signal.h>
#include <sys/resource.h>

static sqlite3_mem_methods memory;
static long allocations_left = -1; /* -1: no limit */
static bool only_once;		   /* one allocation fails, and no more after it */

static bool runs_out(void)
{
	bool out = !allocations_left;

	if (allocations_left > 0 || (out && only_once))
		allocations_left--;
	return out;
}

static void *limited_malloc(int size)
{
	return runs_out() ? NULL : memory.xMalloc(size);
}

static void *limited_realloc(void *old, int size)
{
	return runs_out() ? NULL : memory.xRealloc(old, size);
}

/* From now on, SQLite gets memory @times times, and then once none, or never again.  -1: always. */
static void starve(long times)
{
	allocations_left = times;
}

static void limit_memory(void)
{
	sqlite3_mem_methods limited;

	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), SQLITE_OK);
	limited = memory;
	limited.xMalloc = limited_malloc;
	limited.xRealloc = limited_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &limited), SQLITE_OK);
	/* Without these reserves, each use of memory is an allocation. */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int hungry_end(void **state)
{
	starve(-1);
	return end(state);
}

static bool has_failed(void)
{
	return get_status().errors > 0;
}

static void fills_the_store(uint64_t to)
{
	for (uint64_t seq = 1; seq <= to; seq += 1000) {
		publish(0xabc, seq, seq + 999);
		run_until(all_stored);
	}
}

static struct database_read make_read(struct entry *entries, size_t max)
{
	return (struct database_read){
		.after = { .instance = 0xabc, .seq = 5 },
		.filter = { .num_devices = 1, .devices = { { .type = ADDRESS_PCI, .bdf = 3 } } },
		.entries = entries,
		.max = max
	};
}

/* Each allocation of a read fails once.  The read fails, or finds what it finds with memory. */
static void reading_without_memory_is_no_damage(void **state)
{
	struct entry entries[64];
	struct database d = { 0 };
	long times = 0;
	bool done = false;

	only_once = *state;
	store_few(1, 300);
	for (; !done; times++) {
		struct database_read read = make_read(entries, 64);
		int code;

		/* A cold cache. */
		assert_int_equal(database_open(&d, test_path), SQLITE_OK);
		starve(times);
		code = database_read(&d, &read);
		done = allocations_left > 0;
		starve(-1);
		assert_int_equal(d.damaged, 0);
		assert_false(read.unknown && !code);
		if (code)
			assert_true((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM);
		else
			assert_int_equal(read.num, 42);
		for (size_t i = 0; i < read.num; i++)
			assert_int_equal(entries[i].kind, ENTRY_EVENT);
		database_close(&d);
	}
	assert_true(times > 20);
}

/* Each allocation of a write fails once.  All rows are written then, or none. */
static void writing_without_memory_writes_nothing(void **state)
{
	struct entry batch[8], entries[64];
	struct database d = { 0 };
	long times = 0;
	bool done = false;

	only_once = *state;
	assert_int_equal(database_open(&d, test_path), SQLITE_OK);
	for (; !done; times++) {
		const uint64_t instance = 0x1000 + (uint64_t)times;
		struct database_read read = { .after = { .instance = instance },
					      .entries = entries,
					      .max = 64 };
		size_t refused;
		int code;

		for (uint64_t i = 0; i < 8; i++)
			batch[i] = (struct entry){ .at = { instance, i + 1, 0 },
						   .kind = ENTRY_EVENT,
						   .event = make_event(instance, i + 1) };
		starve(times);
		code = database_write(&d, batch, 8, 1, &refused);
		done = allocations_left > 0;
		starve(-1);
		assert_true(!code || (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM);
		assert_int_equal(database_read(&d, &read), SQLITE_OK);
		assert_int_equal(read.num, code ? 0 : 8);
		assert_true(read.unknown == (code != 0));
	}
	assert_true(times > 3);
	database_close(&d);
}

/* Each allocation of opening a file, and of creating one, fails once. */
static void opening_without_memory_changes_nothing(void **state)
{
	struct database d = { 0 };
	struct entry entries[64];
	bool done = false;

	only_once = *state;
	store_few(1, 10);
	for (long times = 0; !done; times++) {
		struct database_read read = { .entries = entries, .max = 64 };
		int code;

		starve(times);
		code = database_open(&d, test_path);
		done = allocations_left > 0;
		starve(-1);
		if (code) {
			assert_true((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM);
			assert_null(d.db);
			continue;
		}
		assert_int_equal(database_read(&d, &read), SQLITE_OK);
		assert_int_equal(read.num, 10);
		database_close(&d);
	}
}

/* The worker closes the file, and opens it again. */
static void opening_without_memory_is_tried_again(void **state)
{
	(void)state;
	store_few(1, 10);
	starve(20);
	start();
	run_until(has_failed);
	starve(-1);
	publish(0xabc, 11, 20);
	run_until(all_stored);
	assert_string_equal(read_store("", NULL), "abc:1-20 end");
	assert_int_equal(files_with("corrupt"), 0);
	stop();
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int unlimited_end(void **state)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	return end(state);
}

/* The log alone reaches this limit. Stored rows can be read, and storing goes on later. */
static void a_limit_is_like_a_full_disk(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	start();
	publish(0xabc, 1, 1000);
	run_until(all_stored);
	limit_files(1000000);
	for (uint64_t seq = 1001; seq <= 12000; seq += 1000) {
		publish(0xabc, seq, seq + 999);
		usleep(20000);
	}
	run_until(has_failed);
	assert_true(store_is_readable());
	assert_int_equal(says("the limit for the size of files is reached; trying again"), 1);
	read_store("", NULL);
	assert_int_equal(test_got.err, 0);
	assert_true(test_got.events >= 1000);
	assert_true(store_is_readable());
	limit_files(100000000);
	run_until(all_stored);
	assert_int_equal(get_counts().dropped, 0);
	assert_string_equal(read_store("", NULL), "abc:1-12000 end");
	stop();
}

/* The limit is smaller than the retention: the oldest rows make room, and nothing fails. */
static void the_oldest_rows_make_room(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	start();
	limit_files(12 << 20);
	fills_the_store(100000);
	assert_int_equal(get_status().errors, 0);
	assert_int_equal(get_counts().dropped, 0);
	read_store("abc.99000.0", NULL);
	assert_int_equal(test_got.events, 1000);
	read_store("", NULL);
	assert_true(test_got.events > 10000 && test_got.events < 90000);
	stop();
}

int main(void)
{
#define HUNGRY(test) cmocka_unit_test_setup_teardown(test, begin, hungry_end)
#define LIMITED(test) cmocka_unit_test_setup_teardown(test, begin, unlimited_end)
	const struct CMUnitTest tests[] = {
		HUNGRY(reading_without_memory_is_no_damage),
		HUNGRY(writing_without_memory_writes_nothing),
		HUNGRY(opening_without_memory_changes_nothing),
		{ "reading without memory is no damage, once", reading_without_memory_is_no_damage,
		  begin, hungry_end, &only_once },
		{ "writing without memory writes nothing, once",
		  writing_without_memory_writes_nothing, begin, hungry_end, &only_once },
		{ "opening without memory changes nothing, once",
		  opening_without_memory_changes_nothing, begin, hungry_end, &only_once },
		HUNGRY(opening_without_memory_is_tried_again),
		LIMITED(a_limit_is_like_a_full_disk),
		LIMITED(the_oldest_rows_make_room),
	};

	limit_memory();
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
