// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: reload walks the rows of all features. A row with apply() is applied when it changes, and
 * needs no other line of code. A changed row without apply() keeps its value and is named as
 * needing a restart. If a row cannot be applied, or the file is invalid, nothing changes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "registry.h"
#include "reload.h"
#include "settings.h"

/* A feature with settings, as somebody would add one. */

struct options {
	uint64_t live;
	bool flag;
	const char *fixed;
	uint64_t last;
};

static const struct options defaults = { .live = 1, .fixed = "here", .last = 1 };
static struct options options;
static struct options applied; /* the values of the last successful apply() */
static unsigned int calls;
static bool fails;

static int apply(const void *values)
{
	applied = *(const struct options *)values;
	calls++;
	return 0;
}

static int apply_last(const void *values)
{
	return fails ? -ENOMEM : apply(values);
}

static const struct option_row rows[] = {
	{ .name = "test.live",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, live),
	  .apply = apply,
	  .max = 9 },
	{ .name = "test.flag",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, flag),
	  .apply = apply },
	{ .name = "test.fixed", .type = OPTION_STRING, .offset = offsetof(struct options, fixed) },
	{ .name = "test.last",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, last),
	  .apply = apply_last,
	  .max = 9 },
	{ .name = NULL },
};

static const struct setting_group group = {
	.rows = rows,
	.size = sizeof(options),
	.defaults = &defaults,
	.running = &options,
};
static const struct feature feature_test = {
	.settings = (const struct setting_group *const[]){ &group, NULL },
};
static const struct feature *const test_features[] = { &feature_test, &feature_program, NULL };

static char path[] = "/tmp/faultcast-reload-XXXXXX";
static FILE *said; /* takes the place of standard error */
static int stderr_fd;
static char *flags[] = { "--config.file", path };
static struct settings settings;

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	struct strbuf error = STRBUF_INIT;
	int fd;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	said = tmpfile();
	if (fd < 0 || !said || close(fd))
		return -1;
	stderr_fd = dup(STDERR_FILENO);
	dup2(fileno(said), STDERR_FILENO);
	write_file("test: {live: 2, fixed: file}");
	if (settings_read(&settings, test_features, 2, flags, &error) != 2)
		return -1;
	strbuf_free(&error);
	calls = 0;
	fails = false;
	return reload_begin(&settings, 2, flags);
}

static int teardown(void **state)
{
	(void)state;
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	fclose(said);
	unlink(path);
	reload_fini();
	return 0;
}

/* Whether a log line contains @text. */
static bool was_said(const char *text)
{
	char line[512];

	rewind(said);
	while (fgets(line, sizeof(line), said))
		if (strstr(line, text))
			return true;
	return false;
}

static void reload_with(const char *text)
{
	write_file(text);
	calls = 0;
	reload_now();
}

static void start_applies_all_rows(void **state)
{
	(void)state;
	assert_int_equal(calls, 3);
	assert_int_equal(applied.live, 2);
	assert_int_equal(options.live, 2);
	assert_string_equal(options.fixed, "file");
	assert_true(reload_status()->successful);
}

static void changed_row_is_applied(void **state)
{
	(void)state;
	reload_with("test: {live: 3, fixed: file}");
	assert_int_equal(calls, 1);
	assert_int_equal(applied.live, 3);
	assert_int_equal(options.live, 3);
	assert_true(reload_status()->successful);
	assert_false(was_said("only a restart changes"));
	/* A key that is gone has its default again. */
	reload_with("test.fixed: file");
	assert_int_equal(calls, 1);
	assert_int_equal(options.live, 1);
}

static void unchanged_rows_are_not_applied(void **state)
{
	(void)state;
	reload_with("test.live: 2\ntest.fixed: file");
	assert_int_equal(calls, 0);
	assert_true(was_said("was read again"));
	assert_string_equal(options.fixed, "file");
}

static void row_without_apply_needs_restart(void **state)
{
	(void)state;
	reload_with("test: {live: 3, fixed: other}");
	assert_true(was_said("only a restart changes test.fixed\""));
	assert_string_equal(options.fixed, "file");
	assert_int_equal(options.live, 3);
	assert_string_equal(applied.fixed, "file");
	assert_true(reload_status()->successful);
}

static void failed_row_changes_nothing(void **state)
{
	(void)state;
	fails = true;
	reload_with("test: {live: 3, flag: true, fixed: other, last: 4}");
	/* Two rows are applied, and again with their former values. */
	assert_int_equal(calls, 4);
	assert_int_equal(applied.live, 2);
	assert_false(applied.flag);
	assert_int_equal(options.live, 2);
	assert_int_equal(options.last, 1);
	assert_string_equal(options.fixed, "file");
	assert_true(was_said("settings stay as they are: Cannot allocate memory"));
	assert_false(was_said("only a restart changes"));
	assert_false(reload_status()->successful);
	fails = false;
	reload_with("test: {live: 3, last: 4, fixed: file}");
	assert_int_equal(calls, 2);
	assert_int_equal(options.last, 4);
	assert_true(reload_status()->successful);
}

static void invalid_file_changes_nothing(void **state)
{
	const uint64_t failures = reload_status()->failures;

	(void)state;
	reload_with("test: {live: 3, flag: true, last: 10}");
	assert_int_equal(calls, 0);
	assert_int_equal(options.live, 2);
	assert_true(was_said(":1: test.last: expected a number from 0 to 9"));
	assert_int_equal(reload_status()->failures, failures + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(start_applies_all_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(changed_row_is_applied, setup, teardown),
		cmocka_unit_test_setup_teardown(unchanged_rows_are_not_applied, setup, teardown),
		cmocka_unit_test_setup_teardown(row_without_apply_needs_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_row_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(invalid_file_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
