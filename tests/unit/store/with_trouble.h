/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store in trouble: its log is captured, and tests wait for failed operations. */
#ifndef FAULTCAST_TEST_WITH_TROUBLE_H
#define FAULTCAST_TEST_WITH_TROUBLE_H

#include "with_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

static int saved_stderr = -1;
static char log_path[sizeof(test_path) + 16];

/* Sends the log to a file, where says() finds it. */
static inline int quiet(void **state)
{
	int fd;

	snprintf(log_path, sizeof(log_path), "%s.log", test_dir);
	fd = open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return remove_files(state);
}

static inline int loud(void **state)
{
	(void)state;
	stop();
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	unlink(log_path);
	return 0;
}

/* The number of log lines that contain @text. */
static inline unsigned int says(const char *text)
{
	FILE *log = fopen(log_path, "r");
	unsigned int n = 0;
	char line[1024];

	assert_non_null(log);
	while (fgets(line, sizeof(line), log))
		n += strstr(line, text) != NULL;
	fclose(log);
	return n;
}

static inline int begin(void **state)
{
	test_config.retention_ns = 15 * DAY_NS;
	test_config.retention_bytes = 1ULL << 30;
	return quiet(state);
}

static inline int end(void **state)
{
	umount2(test_dir, MNT_DETACH);
	chmod(test_dir, 0700);
	return loud(state);
}

static inline void store_few(uint64_t from, uint64_t to)
{
	start();
	publish(0xabc, from, to);
	run_until(all_stored);
	stop();
}

static inline unsigned int files_with(const char *text)
{
	DIR *dir = opendir(test_dir);
	struct dirent *file;
	unsigned int n = 0;

	while ((file = readdir(dir)))
		n += strstr(file->d_name, text) != NULL;
	closedir(dir);
	return n;
}

static inline bool failed_twice(void)
{
	return get_status().errors >= 2;
}

static inline bool failed_three_times(void)
{
	return get_status().errors >= 3;
}

static inline void expect_untouched(const char *said)
{
	struct stat before, after;

	assert_int_equal(stat(test_path, &before), 0);
	start();
	publish(0xabc, 1, 10);
	run_until(failed_three_times);
	assert_false(store_is_readable());
	assert_false(bus_sink.congested(NULL));
	assert_string_equal(read_store("", NULL), "err 5");
	stop();
	assert_int_equal(stat(test_path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(files_with("events"), 1);
	assert_int_equal(says(said), 1);
	assert_int_equal(says("10 events are not stored"), 1);
}

#endif
