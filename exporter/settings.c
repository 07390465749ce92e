// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/listener.h"

static const struct settings defaults = {
	.http = { .listen_address = "127.0.0.1:10186", .unix_path = "" },
	.telemetry = { .path = "/metrics", .max_requests = 40 },
	.store = { .path = "",
		   .retention_ns = 15ULL * 86400 * NSEC_PER_SEC,
		   .retention_bytes = 1ULL << 30 },
	.metrics = { .max_devices = 4096 },
	.devices = { .sysfs = "/sys", .keep_removed_ns = 3600 * NSEC_PER_SEC },
	.config_file = "",
	.log_level = LOG_INFO,
	.rcvbuf = 4 << 20,
};

/* One that a client can ask for, and that hides none of the others. */
static bool is_path(const char *text)
{
	return text[0] == '/' && text[1] && !strpbrk(text, "?#") && strncmp(text, "/v1/", 4) != 0 &&
	       strncmp(text, "/-/", 3) != 0;
}

const struct option_row settings_rows[] = {
	{ .name = "web.listen-address",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, http.listen_address),
	  .valid = listener_is_address,
	  .expected = LISTENER_ADDRESS,
	  .arg = "HOST:PORT",
	  .help = "where to serve HTTP" },
	{ .name = "web.unix-socket",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, http.unix_path),
	  .valid = listener_is_unix_path,
	  .expected = LISTENER_UNIX_PATH,
	  .arg = "PATH",
	  .hide_default = true,
	  .help = "where to serve HTTP to members of group faultcast" },
	{ .name = "web.telemetry-path",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, telemetry.path),
	  .valid = is_path,
	  .expected = "a path such as /metrics, not below /v1/ or /-/",
	  .arg = "PATH",
	  .help = "where the metrics are" },
	{ .name = "web.max-requests",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct settings, telemetry.max_requests),
	  .max = UINT32_MAX,
	  .arg = "NUMBER",
	  .help = "requests for metrics answered at the same time, 0: any number" },
	{ .name = "web.disable-exporter-metrics",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct settings, metrics.without_process),
	  .help = "leave out process_* and what is only about this exporter" },
	{ .name = "web.openmetrics-created",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct settings, metrics.with_created),
	  .help = "in OpenMetrics, say since when counters count" },
	{ .name = "metrics.max-devices",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct settings, metrics.max_devices),
	  .min = 1,
	  .max = 1 << 20,
	  .arg = "COUNT",
	  .help = "how many devices have series, those with faults first" },
	{ .name = "metrics.removed-devices",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct settings, devices.keep_removed_ns),
	  .min = 0,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long a device that was removed keeps its series" },
	{ .name = "path.sysfs",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, devices.sysfs),
	  .arg = "PATH",
	  .help = "where sysfs is mounted" },
	{ .name = "netlink.rcvbuf",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct settings, rcvbuf),
	  .min = 0,
	  .max = 1 << 30,
	  .arg = "BYTES",
	  .help = "receive buffer for events, 0: the system's default" },
	{ .name = "netlink.standin",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct settings, standin),
	  .min = 1,
	  .max = UINT32_MAX,
	  .hide_default = true,
	  .command_line_only = true,
	  .arg = "PORT",
	  .help = "for tests: events from a program, NETLINK_USERSOCK" },
	{ .name = "storage.path",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, store.path),
	  .arg = "FILE",
	  .hide_default = true,
	  .help = "where to keep events, an SQLite database" },
	{ .name = "storage.retention.time",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct settings, store.retention_ns),
	  .live = true,
	  .min = NSEC_PER_SEC,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long to keep them" },
	{ .name = "storage.retention.size",
	  .type = OPTION_SIZE,
	  .offset = offsetof(struct settings, store.retention_bytes),
	  .live = true,
	  .min = 32 << 20,
	  .max = 1ULL << 60,
	  .arg = "SIZE",
	  .help = "how large it may become" },
	{ .name = "log.level",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct settings, log_level),
	  .live = true,
	  .choices = log_level_names,
	  .arg = "LEVEL",
	  .help = "debug, info, warn or error" },
	{ .name = "log.format",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct settings, log_format),
	  .live = true,
	  .choices = log_format_names,
	  .arg = "FORMAT",
	  .help = "logfmt or json" },
	{ .name = "config.file",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct settings, config_file),
	  .hide_default = true,
	  .command_line_only = true,
	  .arg = "FILE",
	  .help = "YAML; read again on SIGHUP" },
	{ .name = "config.check",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct settings, config_check),
	  .command_line_only = true,
	  .help = "say whether all settings are sound, and exit" },
	{ .name = "version",
	  .type = OPTION_FLAG,
	  .command_line_only = true,
	  .offset = offsetof(struct settings, version),
	  .help = "print the version" },
	{ .name = "help",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct settings, help),
	  .command_line_only = true,
	  .help = "print this" },
	{ .name = NULL },
};

/* The whole file, or one line of why not. */
static int load(const char *path, struct strbuf *text, struct strbuf *error)
{
	/* Not waiting for who might write into a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st)) {
		strbuf_addf(error, "%s: cannot be read: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		strbuf_addf(error, "%s: expected a file, got %s", path,
			    S_ISDIR(st.st_mode) ? "a directory" : "something else");
	} else if (!strbuf_reserve(text, CONFIG_BYTES_MAX + 1)) {
		strbuf_addf(error, "%s: out of memory", path);
	} else {
		while (text->len <= CONFIG_BYTES_MAX &&
		       (n = read(fd, text->s + text->len, CONFIG_BYTES_MAX + 1 - text->len)) > 0)
			text->len += (size_t)n;
		if (n < 0)
			strbuf_addf(error, "%s: cannot be read: %s", path, strerror(errno));
		else if (text->len > CONFIG_BYTES_MAX)
			strbuf_addf(error, "%s: expected at most %d bytes, got more", path,
				    CONFIG_BYTES_MAX);
	}
	if (fd >= 0)
		close(fd);
	return error->len || error->failed ? -EINVAL : 0;
}

static int read_file(struct settings *settings, const struct option_set *sets, const char *path,
		     struct strbuf *error)
{
	struct strbuf text = STRBUF_INIT;
	int err = load(path, &text, error);

	settings->config = err ? NULL : calloc(1, sizeof(*settings->config));
	if (!err && !settings->config) {
		strbuf_addf(error, "%s: out of memory", path);
		err = -ENOMEM;
	}
	if (!err)
		err = config_parse(settings->config, sets, path, strbuf_str(&text), text.len,
				   error);
	strbuf_free(&text);
	return err;
}

int settings_read(struct settings *settings, int argc, char **argv, struct strbuf *error)
{
	const struct option_set sets[] = { { settings_rows, settings }, { NULL, NULL } };
	const char *path;
	int parsed, err = 0;

	*settings = defaults;
	parsed = options_parse(sets, argc, argv, error);
	if (parsed >= 0 && !settings->help && !settings->version) {
		path = settings->config_file;
		*settings = defaults;
		if (*path)
			err = read_file(settings, sets, path, error);
		if (!err)
			err = options_environment(sets, error);
		/* Once more, since flags go over the environment and the file. */
		if (!err)
			options_parse(sets, argc, argv, error);
	}
	if (parsed < 0 || err)
		settings_free(settings);
	return err ? err : parsed;
}

void settings_free(struct settings *settings)
{
	if (settings->config)
		config_free(settings->config);
	free(settings->config);
	settings->config = NULL;
}

const struct health_rule *settings_rules(const struct settings *settings, size_t *num)
{
	if (settings->config && settings->config->has_rules) {
		*num = settings->config->num_rules;
		return settings->config->rules;
	}
	*num = health_num_default_rules;
	return health_default_rules;
}

static bool differ(const struct option_row *row, const void *a, const void *b)
{
	if (row->type == OPTION_STRING)
		return strcmp(*(const char *const *)a, *(const char *const *)b) != 0;
	return memcmp(a, b, options_size(row)) != 0;
}

void settings_take_live(struct settings *running, const struct settings *fresh,
			struct strbuf *others)
{
	for (const struct option_row *row = settings_rows; row->name; row++) {
		void *is = options_value(row, running);
		const void *is_to_be = options_value(row, (struct settings *)fresh);

		if (row->live)
			memcpy(is, is_to_be, options_size(row));
		else if (differ(row, is, is_to_be))
			strbuf_addf(others, "%s%s", others->len ? ", " : "", row->name);
	}
}

void settings_help(struct strbuf *out)
{
	struct settings values = defaults;
	const struct option_set sets[] = { { settings_rows, &values }, { NULL, NULL } };

	strbuf_adds(out, "Serves PCIe fault events as metrics and streams.\n\nFlags:\n");
	options_help(sets, out);
	strbuf_adds(out, "\nEach but");
	for (const struct option_row *row = settings_rows; row->name; row++)
		if (row->command_line_only)
			strbuf_addf(out, " --%s", row->name);
	strbuf_adds(out, "\nmay also be in the environment, as FAULTCAST_WEB_LISTEN_ADDRESS for "
			 "--web.listen-address,\nand in the file, as web: {listen-address: ...}, "
			 "which has also health.rules.  Flags go\nover the environment, and that "
			 "over the file.\n");
}
