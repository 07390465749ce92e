// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a log message is one line of logfmt or JSON, whatever bytes it holds. Lines
 * below the level are not written. One call site cannot flood the log: suppressed lines
 * are counted and reported later. A log that nobody reads blocks nobody: lines are dropped,
 * counted and reported later.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stderr.h"

#define WINDOW_LINES 5
#define WINDOW_NS (10 * NSEC_PER_SEC)
#define TS "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static FILE *captured;
static int real_stderr = -1;

static void capture_begin(void)
{
	captured = tmpfile();
	assert_non_null(captured);
	real_stderr = dup(STDERR_FILENO);
	dup2(fileno(captured), STDERR_FILENO);
}

/* The text written since capture_begin(). The next call overwrites it. */
static const char *capture_end(void)
{
	static char text[8192];
	size_t len;

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	fclose(captured);
	return text;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;
	int err;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	err = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (err)
		fail_msg("\"%s\" does not match \"%s\"", text, pattern);
}

static int reset(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_LOGFMT);
	return 0;
}

static void logfmt_line(void **state)
{
	(void)state;
	capture_begin();
	log_warn("port %d \"a\\b\"\nnext=1", 9);
	assert_matches(capture_end(),
		       "^ts=" TS " level=warn msg=\"port 9 \\\\\"a\\\\\\\\b\\\\\"\\\\nnext=1\"\n$");
}

static void json_line(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_JSON);
	capture_begin();
	log_error("port %d \"a\\b\"\nnext\xff", 9);
	assert_matches(capture_end(), "^\\{\"ts\":\"" TS "\",\"level\":\"error\",\"msg\":\"port 9 "
				      "\\\\\"a\\\\\\\\b\\\\\"\\\\nnext\\\\ufffd\"\\}\n$");
}

static void long_messages_are_whole(void **state)
{
	char long_text[3000];
	const char *line;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	capture_begin();
	log_info("%s.", long_text);
	line = capture_end();
	assert_int_equal(count_lines(line), 1);
	assert_non_null(strstr(line, long_text));
	assert_matches(line, "x\\.\"\n$");
}

static void levels_are_filtered(void **state)
{
	(void)state;
	for (unsigned int min = 0; min < LOG_LEVELS; min++) {
		const char *text;

		log_setup((enum log_level)min, LOG_LOGFMT);
		capture_begin();
		for (unsigned int level = 0; level < LOG_LEVELS; level++) {
			struct log_site site = { 0 };

			log_write(&site, (enum log_level)level, "x");
		}
		text = capture_end();
		assert_int_equal(count_lines(text), LOG_LEVELS - min);
		for (unsigned int level = 0; level < LOG_LEVELS; level++) {
			char want[32];

			snprintf(want, sizeof(want), " level=%s ", log_level_names[level]);
			assert_int_equal(strstr(text, want) != NULL, level >= min);
		}
	}
}

static void names_are_complete(void **state)
{
	(void)state;
	assert_string_equal(log_level_names[LOG_DEBUG], "debug");
	assert_string_equal(log_level_names[LOG_INFO], "info");
	assert_string_equal(log_level_names[LOG_WARN], "warn");
	assert_string_equal(log_level_names[LOG_ERROR], "error");
	assert_null(log_level_names[LOG_LEVELS]);
	assert_string_equal(log_format_names[LOG_LOGFMT], "logfmt");
	assert_string_equal(log_format_names[LOG_JSON], "json");
	assert_null(log_format_names[LOG_FORMATS]);
}

static void speak(struct log_site *site, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		log_write(site, LOG_WARN, "line %u", i);
}

static void the_sixth_line_is_held_back(void **state)
{
	struct log_site site = { 0 };
	const char *text;

	(void)state;
	capture_begin();
	speak(&site, WINDOW_LINES + 4);
	text = capture_end();
	assert_int_equal(count_lines(text), WINDOW_LINES);
	assert_non_null(strstr(text, "\"line 4\""));
	assert_null(strstr(text, "line 5"));
	assert_int_equal(site.held_back, 4);
}

static void the_next_window_says_how_many(void **state)
{
	struct log_site site = { 0 };
	const char *text;

	(void)state;
	capture_begin();
	speak(&site, WINDOW_LINES + 4);
	capture_end();
	site.window_start_ns = clock_mono_ns() - WINDOW_NS;
	capture_begin();
	speak(&site, 2);
	text = capture_end();
	assert_matches(text, "^[^\n]*msg=\"line 0 \\(4 like this held back\\)\"\n"
			     "[^\n]*msg=\"line 1\"\n$");
}

static void a_quiet_window_says_nothing(void **state)
{
	struct log_site site = { 0 };

	(void)state;
	capture_begin();
	speak(&site, WINDOW_LINES);
	capture_end();
	site.window_start_ns = clock_mono_ns() - WINDOW_NS;
	capture_begin();
	speak(&site, 1);
	assert_matches(capture_end(), "^[^\n]*msg=\"line 0\"\n$");
}

static void almost_a_window_is_still_the_same_one(void **state)
{
	struct log_site site = { 0 };

	(void)state;
	capture_begin();
	speak(&site, WINDOW_LINES);
	site.window_start_ns = clock_mono_ns() - WINDOW_NS + 5 * NSEC_PER_SEC;
	speak(&site, 1);
	assert_int_equal(count_lines(capture_end()), WINDOW_LINES);
}

static void speak_from_here(unsigned int i)
{
	log_warn("here %u", i);
}

static void places_are_counted_apart(void **state)
{
	const char *text;

	(void)state;
	capture_begin();
	for (unsigned int i = 0; i < 8; i++) {
		speak_from_here(i);
		if (i == 7)
			log_warn("there");
	}
	text = capture_end();
	assert_int_equal(count_lines(text), WINDOW_LINES + 1);
	assert_non_null(strstr(text, "msg=\"there\""));
}

/* A line below the level does not count as suppressed. */
static void filtered_lines_do_not_count(void **state)
{
	struct log_site site = { 0 };

	(void)state;
	capture_begin();
	for (unsigned int i = 0; i < 20; i++)
		log_write(&site, LOG_DEBUG, "x");
	log_write(&site, LOG_WARN, "y");
	assert_int_equal(count_lines(capture_end()), 1);
	assert_int_equal(site.held_back, 0);
}

/* Makes @fd standard error until show(). */
static void hide(int fd)
{
	real_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
}

static void show(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
}

/*
 * A terminal moves what was written to its reader's side in the background, and has room again
 * then: it is full when it still is after a while.
 */
static void fill(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	char many[4096], one = 'x';
	bool wrote = true;

	memset(many, 'x', sizeof(many));
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (wrote) {
		wrote = false;
		while (write(fd, many, sizeof(many)) > 0)
			wrote = true;
		while (write(fd, &one, 1) > 0)
			wrote = true;
		usleep(200000);
	}
	fcntl(fd, F_SETFL, flags);
}

static size_t read_all(int fd, char *text, size_t max)
{
	size_t len = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, text + len, max - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len;
}

/* @fds: what to read from, and a full standard error. */
static void expect_dropped(const int fds[2])
{
	static char text[1 << 20];
	uint64_t before = stderr_dropped();
	struct log_site site = { 0 }, other = { 0 };

	alarm(60);
	hide(fds[1]);
	speak(&site, WINDOW_LINES);
	assert_int_equal(stderr_dropped() - before, WINDOW_LINES);
	read_all(fds[0], text, sizeof(text));
	log_write(&other, LOG_ERROR, "read again");
	log_write(&other, LOG_ERROR, "and again");
	show();
	alarm(0);
	read_all(fds[0], text, sizeof(text));
	assert_matches(text,
		       "^[^\n]*msg=\"read again \\(5 lines before this one were dropped\\)\"\n"
		       "[^\n]*msg=\"and again\"\n$");
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	close(fds[0]);
	close(fds[1]);
}

static void a_full_pipe_blocks_nobody(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fill(fds[1]);
	expect_dropped(fds);
}

static void a_full_socket_blocks_nobody(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fill(fds[1]);
	expect_dropped(fds);
}

static void a_stopped_terminal_blocks_nobody(void **state)
{
	struct termios raw;
	int fds[2];

	(void)state;
	fds[0] = posix_openpt(O_RDWR | O_NOCTTY);
	assert_int_equal(grantpt(fds[0]) | unlockpt(fds[0]), 0);
	fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY);
	assert_true(fds[1] >= 0);
	tcgetattr(fds[1], &raw);
	cfmakeraw(&raw);
	tcsetattr(fds[1], TCSANOW, &raw);
	fill(fds[1]);
	expect_dropped(fds);
}

/* A line that does not fit is cut, and the next one begins in a line of its own. */
static void a_long_line_is_cut(void **state)
{
	static char text[1 << 20], longer[300000];
	uint64_t before = stderr_dropped();
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	memset(longer, 'y', sizeof(longer) - 1);
	alarm(60);
	hide(fds[1]);
	log_error("%s", longer);
	log_error("lost");
	read_all(fds[0], text, sizeof(text));
	log_error("next");
	show();
	alarm(0);
	assert_int_equal(stderr_dropped() - before, 2);
	read_all(fds[0], text, sizeof(text));
	assert_matches(text, "^\n[^\n]*msg=\"next \\(2 lines before this one were dropped\\)\"\n$");
	close(fds[0]);
	close(fds[1]);
}

static void a_closed_pipe_is_counted(void **state)
{
	uint64_t before = stderr_dropped();
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	hide(fds[1]);
	log_error("nobody");
	show();
	close(fds[1]);
	assert_int_equal(stderr_dropped() - before, 1);
}

static void *speak_much(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10000; i++) {
		struct log_site site = { 0 };

		log_write(&site, LOG_ERROR, "one of many");
	}
	return NULL;
}

/* Each line is whole, or counted as dropped. */
static void threads_share_the_pipe(void **state)
{
	static char text[1 << 22];
	uint64_t before = stderr_dropped();
	pthread_t threads[2];
	size_t len = 0, lines;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	hide(fds[1]);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, speak_much, NULL);
	for (int i = 0; i < 100; i++)
		len += read_all(fds[0], text + len, sizeof(text) - len);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	show();
	read_all(fds[0], text + len, sizeof(text) - len);
	lines = count_lines(text);
	assert_int_equal(lines + stderr_dropped() - before, 20000);
	assert_true(lines > 0);
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		assert_memory_equal(at, "ts=", 3);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(logfmt_line, reset),
		cmocka_unit_test_setup(json_line, reset),
		cmocka_unit_test_setup(long_messages_are_whole, reset),
		cmocka_unit_test_setup(levels_are_filtered, reset),
		cmocka_unit_test_setup(names_are_complete, reset),
		cmocka_unit_test_setup(the_sixth_line_is_held_back, reset),
		cmocka_unit_test_setup(the_next_window_says_how_many, reset),
		cmocka_unit_test_setup(a_quiet_window_says_nothing, reset),
		cmocka_unit_test_setup(almost_a_window_is_still_the_same_one, reset),
		cmocka_unit_test_setup(places_are_counted_apart, reset),
		cmocka_unit_test_setup(filtered_lines_do_not_count, reset),
		cmocka_unit_test_setup(a_full_pipe_blocks_nobody, reset),
		cmocka_unit_test_setup(a_full_socket_blocks_nobody, reset),
		cmocka_unit_test_setup(a_stopped_terminal_blocks_nobody, reset),
		cmocka_unit_test_setup(a_long_line_is_cut, reset),
		cmocka_unit_test_setup(a_closed_pipe_is_counted, reset),
		cmocka_unit_test_setup(threads_share_the_pipe, reset),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
