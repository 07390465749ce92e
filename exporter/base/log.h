/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines on standard error, logfmt or JSON, one line each.  A line that nobody reads is dropped
 * and counted (stderr.h), so that logging never blocks.
 */
#ifndef FAULTCAST_BASE_LOG_H
#define FAULTCAST_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVELS };
enum log_format { LOG_LOGFMT, LOG_JSON, LOG_FORMATS };

/* Counts the lines of one place in the code, to limit their number. */
struct log_site {
	uint64_t window_start_ns;
	unsigned int in_window;
	unsigned int held_back;
};

/* Names for the options table, indexed by the enums above, NULL-terminated. */
extern const char *const log_level_names[];
extern const char *const log_format_names[];

/* The settings log.level and log.format. */
struct setting_group;
extern const struct setting_group log_settings;

/* Lines below @level are dropped.  Defaults: info, logfmt. */
void log_setup(enum log_level level, enum log_format format);

/*
 * Writes one line.  A @site writes at most 5 lines in 10 s.  The next line after that says how many
 * lines were suppressed.  Use the macros below.
 */
void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_at(level, ...)                                                                         \
	do {                                                                                       \
		static struct log_site log_site_;                                                  \
		log_write(&log_site_, level, __VA_ARGS__);                                         \
	} while (0)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

#endif
