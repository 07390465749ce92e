// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "options.h"
#include "stderr.h"
#include "strbuf.h"

#define WINDOW_NS (10 * NSEC_PER_SEC)
#define WINDOW_LINES 5

const char *const log_level_names[] = { "debug", "info", "warn", "error", NULL };
const char *const log_format_names[] = { "logfmt", "json", NULL };

struct log_options {
	int level;
	int format;
};

static const struct log_options defaults = { .level = LOG_INFO, .format = LOG_LOGFMT };
static struct log_options options;

static int apply(const void *values)
{
	const struct log_options *wanted = values;

	log_setup((enum log_level)wanted->level, (enum log_format)wanted->format);
	return 0;
}

static const struct option_row rows[] = {
	{ .name = "log.level",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct log_options, level),
	  .apply = apply,
	  .choices = log_level_names,
	  .arg = "LEVEL",
	  .help = "least severe level that is logged: debug, info, warn or error" },
	{ .name = "log.format",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct log_options, format),
	  .apply = apply,
	  .choices = log_format_names,
	  .arg = "FORMAT",
	  .help = "form of the log lines on standard error: logfmt or json" },
	{ .name = NULL },
};

const struct setting_group log_settings = { rows, sizeof(options), &defaults, &options, NULL };

static enum log_level min_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;
static _Atomic uint64_t dropped_told; /* the number of dropped lines that a line has told of */

void log_setup(enum log_level level, enum log_format format)
{
	min_level = level;
	line_format = format;
}

/* Returns false if the line must be suppressed. */
static bool site_may_speak(struct log_site *site, unsigned int *held_back)
{
	uint64_t now = clock_mono_ns();

	*held_back = 0;
	if (now - site->window_start_ns >= WINDOW_NS) {
		*held_back = site->held_back;
		*site = (struct log_site){ .window_start_ns = now };
	}
	if (site->in_window == WINDOW_LINES) {
		site->held_back++;
		return false;
	}
	site->in_window++;
	return true;
}

static void format_time(char out[32])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Both formats use the same quoting, because JSON's escapes are valid in logfmt's quotes. */
void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT, msg = STRBUF_INIT;
	unsigned int held_back;
	uint64_t lost;
	char when[32];
	va_list args;

	if (level < min_level || !site_may_speak(site, &held_back))
		return;
	format_time(when);
	va_start(args, fmt);
	strbuf_vaddf(&msg, fmt, args);
	va_end(args);
	if (held_back)
		strbuf_addf(&msg, " (%u like this held back)", held_back);
	lost = stderr_dropped() - dropped_told;
	if (lost)
		strbuf_addf(&msg, " (%" PRIu64 " lines before this one were dropped)", lost);

	if (line_format == LOG_JSON)
		strbuf_addf(&line, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":", when,
			    log_level_names[level]);
	else
		strbuf_addf(&line, "ts=%s level=%s msg=", when, log_level_names[level]);
	strbuf_add_json_string(&line, strbuf_str(&msg));
	strbuf_adds(&line, line_format == LOG_JSON ? "}\n" : "\n");
	if (!line.failed && stderr_write(line.s, line.len))
		dropped_told += lost;
	strbuf_free(&msg);
	strbuf_free(&line);
}
