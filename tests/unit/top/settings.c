// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: flags override the environment, which overrides the file, which overrides the
 * defaults. A wrong setting is refused by name. deploy/exporter.yaml has every key with
 * its default.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "health/settings.h"
#include "registry.h"
#include "settings.h"

#define EXAMPLE "deploy/exporter.yaml"

static char path[] = "/tmp/faultcast-settings-XXXXXX";
static struct strbuf error;
static struct settings settings;

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	strbuf_free(&error);
	settings_free(&settings);
	unsetenv("FAULTCAST_LOG_LEVEL");
	unsetenv("FAULTCAST_CONFIG_FILE");
	return 0;
}

/* The value that was read. */
static void *value_of(const char *name)
{
	void *value = NULL;

	assert_non_null(options_find(settings.sets, name, strlen(name), &value));
	return value;
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Reads the settings with --config.file and, unless NULL, with @flag. */
static int read_with(const char *flag)
{
	char *argv[] = { "--config.file", path, (char *)(uintptr_t)flag };

	strbuf_reset(&error);
	settings_free(&settings);
	return settings_read(&settings, features, flag ? 3 : 2, argv, &error);
}

static const struct {
	const char *file, *variable, *flag;
	enum log_level level;
} layers[] = {
	{ "", NULL, NULL, LOG_INFO },
	{ "log.level: debug", NULL, NULL, LOG_DEBUG },
	{ "", "warn", NULL, LOG_WARN },
	{ "", NULL, "--log.level=error", LOG_ERROR },
	{ "log.level: debug", "warn", NULL, LOG_WARN },
	{ "log.level: debug", NULL, "--log.level=error", LOG_ERROR },
	{ "log.level: debug", "warn", "--log.level=error", LOG_ERROR },
	{ "log.level: debug", "warn", "--log.level=info", LOG_INFO },
};

static void layers_go_over_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		write_file(layers[i].file);
		unsetenv("FAULTCAST_LOG_LEVEL");
		if (layers[i].variable)
			setenv("FAULTCAST_LOG_LEVEL", layers[i].variable, 1);
		assert_true(read_with(layers[i].flag) >= 0);
		assert_int_equal(*(int *)value_of("log.level"), layers[i].level);
		assert_string_equal(*(const char **)value_of("web.telemetry-path"), "/metrics");
	}
}

/* A wrong value is an error even if a higher layer overrides it. */
static void each_layer_must_be_sound(void **state)
{
	char expected[128];

	(void)state;
	write_file("log.level: x");
	snprintf(expected, sizeof(expected),
		 "%s:1: log.level: expected debug, info, warn, error, got \"x\"", path);
	assert_int_equal(read_with("--log.level=info"), -EINVAL);
	assert_string_equal(strbuf_str(&error), expected);
	write_file("");
	setenv("FAULTCAST_LOG_LEVEL", "y", 1);
	assert_int_equal(read_with("--log.level=info"), -EINVAL);
	assert_string_equal(strbuf_str(&error),
			    "FAULTCAST_LOG_LEVEL: expected debug, info, warn, error, got \"y\"");
	unsetenv("FAULTCAST_LOG_LEVEL");
	assert_int_equal(read_with("--web.telemetry-path=x"), -EINVAL);
	assert_string_equal(strbuf_str(&error), "--web.telemetry-path: expected a path such as "
						"/metrics, not below /v1/ or /-/, got \"x\"");
	/* The variable is ignored, because the command line names the file. */
	setenv("FAULTCAST_CONFIG_FILE", "/nonexistent", 1);
	assert_true(read_with(NULL) >= 0);
}

#define UNIX_PATH_107                                                                              \
	"/23456789a123456789b123456789c123456789d123456789e123456789f123456789g123456789"          \
	"h123456789i123456789j1234567"

static const struct {
	const char *flag;
	bool sound;
} flags[] = {
	{ "--web.listen-address=127.0.0.1:0", true },
	{ "--web.listen-address=host.example:65535", true },
	{ "--web.listen-address=[::1]:10186", true },
	{ "--web.listen-address=:10186", true },
	{ "--web.listen-address=", false },
	{ "--web.listen-address=127.0.0.1", false },
	{ "--web.listen-address=127.0.0.1:", false },
	{ "--web.listen-address=127.0.0.1:65536", false },
	{ "--web.listen-address=127.0.0.1:99999999999999999999", false },
	{ "--web.listen-address=:http", false },
	{ "--web.listen-address=:-1", false },
	{ "--web.listen-address=::1:10186", false },
	{ "--web.listen-address=[::1]10186", false },
	{ "--web.listen-address=127.0.0.1:1,:2", true },
	{ "--web.listen-address=127.0.0.1:1,2", false },
	{ "--web.listen-address=none", false },
	{ "--web.unix-socket=", true },
	{ "--web.unix-socket=/run/x", true },
	{ "--web.unix-socket=" UNIX_PATH_107, true },
	{ "--web.unix-socket=" UNIX_PATH_107 "8", false },
	{ "--web.unix-socket=run/x", false },
	{ "--web.telemetry-path=/v1", true },
	{ "--web.telemetry-path=/", false },
	{ "--web.telemetry-path=/v1/status", false },
	{ "--web.telemetry-path=/-/ready", false },
	{ "--web.telemetry-path=/metrics?x", false },
	{ "--web.telemetry-path=/metrics#x", false },
};

/* Values with which the exporter would not start, or would not serve. */
static void refuses_what_cannot_be_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		write_file("");
		if ((read_with(flags[i].flag) >= 0) != flags[i].sound)
			fail_msg("%s: %s", flags[i].flag, strbuf_str(&error));
	}
}

static void expect_addresses(const char *expected)
{
	const struct option_texts *addresses = value_of("web.listen-address");
	struct strbuf all = STRBUF_INIT;

	for (size_t i = 0; i < addresses->count; i++)
		strbuf_addf(&all, "%s ", addresses->items[i]);
	assert_string_equal(strbuf_str(&all), expected);
	strbuf_free(&all);
}

/* Each source of settings replaces the addresses of the one below it. */
static void takes_several_addresses(void **state)
{
	(void)state;
	write_file("web.listen-address: [':1', '[::1]:2']");
	assert_true(read_with(NULL) >= 0);
	expect_addresses(":1 [::1]:2 ");
	setenv("FAULTCAST_WEB_LISTEN_ADDRESS", ":3,:4", 1);
	assert_true(read_with(NULL) >= 0);
	expect_addresses(":3 :4 ");
	assert_true(read_with("--web.listen-address=:5") >= 0);
	expect_addresses(":5 ");
	unsetenv("FAULTCAST_WEB_LISTEN_ADDRESS");
	write_file("web.listen-address: ':6'");
	assert_true(read_with(NULL) >= 0);
	expect_addresses(":6 ");
	write_file("");
	assert_true(read_with(NULL) >= 0);
	expect_addresses("127.0.0.1:10186 ");
}

static const struct {
	const char *file;
	const char *error; /* NULL: the file is valid */
} no_tcp[] = {
	{ "web: {listen-address: none, unix-socket: /x}", NULL },
	{ "web: {listen-address: [none], unix-socket: /x}", NULL },
	{ "web: {listen-address: none}", "web.listen-address: expected an address, because there "
					 "is no web.unix-socket, got \"none\"" },
	{ "web: {listen-address: ['none', ':1'], unix-socket: /x}",
	  "web.listen-address: expected none alone, or addresses" },
};

static void none_needs_a_unix_socket(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(no_tcp) / sizeof(no_tcp[0]); i++) {
		write_file(no_tcp[i].file);
		assert_int_equal(read_with(NULL), no_tcp[i].error ? -EINVAL : 2);
		assert_string_equal(strbuf_str(&error), no_tcp[i].error ? no_tcp[i].error : "");
	}
	write_file("web.listen-address: []");
	assert_int_equal(read_with(NULL), -EINVAL);
	write_file("web.listen-address: [[':1']]");
	assert_int_equal(read_with(NULL), -EINVAL);
	write_file("web.telemetry-path: ['/x']");
	assert_int_equal(read_with(NULL), -EINVAL);
}

static void expect_unreadable(const char *why)
{
	char expected[128];

	snprintf(expected, sizeof(expected), "%s: %s", path, why);
	assert_int_equal(read_with(NULL), -EINVAL);
	assert_string_equal(strbuf_str(&error), expected);
}

static void files_that_are_none(void **state)
{
	char *big = calloc(1, CONFIG_BYTES_MAX + 2);

	(void)state;
	memset(big, '\n', CONFIG_BYTES_MAX);
	write_file(big);
	assert_true(read_with(NULL) >= 0);
	big[CONFIG_BYTES_MAX] = '\n';
	write_file(big);
	free(big);
	expect_unreadable("expected at most 65536 bytes, got more");
	unlink(path);
	expect_unreadable("cannot be read: No such file or directory");
	mkfifo(path, 0600);
	expect_unreadable("expected a file, got something else");
	unlink(path);
	mkdir(path, 0700);
	expect_unreadable("expected a file, got a directory");
}

/* A value that no setting has by default, so that settings that were not read are found. */
static void spoil(const struct option_row *row, void *value)
{
	if (row->type == OPTION_STRING)
		*(const char **)value = "spoilt";
	else
		memset(value, 0xa5, options_size(row));
}

static bool is_spoilt(const struct option_row *row, const void *value)
{
	return row->type == OPTION_STRING ? !strcmp(*(const char *const *)value, "spoilt")
					  : *(const unsigned char *)value == 0xa5;
}

/* Rows that have a value which a file and a test can compare. */
static bool has_value(const struct option_row *row)
{
	return !row->command_line_only && row->type != OPTION_LIST;
}

static void example_has_defaults(void **state)
{
	char *argv[] = { "--config.file=" EXAMPLE };

	(void)state;
	assert_int_equal(settings_read(&settings, features, 1, argv, &error), 1);
	for (size_t i = 0; settings.sets[i].rows; i++) {
		void *defaults = (void *)(uintptr_t)settings.groups[i]->defaults;

		for (const struct option_row *row = settings.sets[i].rows; row->name; row++)
			if (has_value(row) &&
			    !options_equal(row, options_value(row, settings.sets[i].values),
					   options_value(row, defaults)))
				fail_msg(EXAMPLE ": %s is not the default", row->name);
	}
}

static void example_is_complete(void **state)
{
	static struct config config;
	struct strbuf text = STRBUF_INIT;
	FILE *file = fopen(EXAMPLE, "r");
	const struct health_options *health;
	void *rules;

	(void)state;
	assert_non_null(file);
	assert_true(strbuf_reserve(&text, CONFIG_BYTES_MAX));
	text.len = fread(text.s, 1, CONFIG_BYTES_MAX, file);
	fclose(file);
	assert_int_equal(settings_init(&settings, features), 0);
	for (const struct option_set *set = settings.sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			if (has_value(row))
				spoil(row, options_value(row, set->values));
	assert_int_equal(config_parse(&config, settings.sets, EXAMPLE, text.s, text.len, &error),
			 0);
	for (const struct option_set *set = settings.sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			if (has_value(row) && is_spoilt(row, options_value(row, set->values)))
				fail_msg(EXAMPLE ": %s is missing", row->name);
	assert_non_null(
		options_find(settings.sets, "health.rules", strlen("health.rules"), &rules));
	health = rules;
	assert_int_equal(health->num_rules, health_num_default_rules);
	assert_memory_equal(health->rules, health_default_rules,
			    health->num_rules * sizeof(*health->rules));
	config_free(&config);
	strbuf_free(&text);
}

/* A string would be freed with the configuration file that it came from. */
static void what_is_live_is_no_string(void **state)
{
	(void)state;
	assert_int_equal(settings_init(&settings, features), 0);
	for (const struct option_set *set = settings.sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			assert_false(row->apply &&
				     (row->type == OPTION_STRING || row->command_line_only));
}

/* A list cannot be compared, so its apply() is called whenever the file is read. */
static void lists_can_change(void **state)
{
	(void)state;
	assert_int_equal(settings_init(&settings, features), 0);
	for (const struct option_set *set = settings.sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			assert_true(row->type != OPTION_LIST || (row->apply && row->read));
}

static void *running(const char *name)
{
	for (size_t i = 0; settings.sets[i].rows; i++)
		for (const struct option_row *row = settings.sets[i].rows; row->name; row++)
			if (!strcmp(row->name, name))
				return options_value(row, settings.groups[i]->running);
	fail_msg("no setting %s", name);
	return NULL;
}

static void takes_what_is_live(void **state)
{
	struct settings first = { .features = NULL };
	struct strbuf others = STRBUF_INIT;

	(void)state;
	assert_int_equal(settings_read(&first, features, 0, NULL, &error), 0);
	assert_int_equal(settings_start(&first), 0);
	write_file("log.level: error\nweb: {listen-address: ':1'}\nstorage: {path: x, "
		   "retention.time: 1h}");
	assert_true(read_with(NULL) >= 0);
	assert_int_equal(settings_change(&settings, &others), 0);
	assert_int_equal(*(int *)running("log.level"), LOG_ERROR);
	assert_int_equal(*(uint64_t *)running("storage.retention.time"), 3600 * NSEC_PER_SEC);
	assert_string_equal(*(const char **)running("storage.path"), "");
	assert_string_equal(strbuf_str(&others), "web.listen-address, storage.path, config.file");
	strbuf_free(&others);
	settings_free(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(layers_go_over_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(each_layer_must_be_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_be_served, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_several_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(none_needs_a_unix_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(example_has_defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(example_is_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_live_is_no_string, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_can_change, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_what_is_live, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
