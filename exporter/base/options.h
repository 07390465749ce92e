/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings from a table: command-line flags, --name=value or --name value, and the same
 * from the environment or wherever else they are called something.
 */
#ifndef FAULTCAST_BASE_OPTIONS_H
#define FAULTCAST_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

enum option_type {
	OPTION_FLAG,   /* bool: present or not, or =true or =false */
	OPTION_STRING, /* const char *: the text that was given, which stays the giver's */
	OPTION_NUMBER, /* uint64_t: decimal or 0x, between min and max */
	OPTION_CHOICE, /* int: index into choices */
	/* uint64_t between min and max, with units as Prometheus has them: */
	OPTION_DURATION, /* in ns: 90s, 15d, 1h30m */
	OPTION_SIZE,	 /* in bytes: 512MB, 1GB; powers of 1024 */
};

struct option_row {
	const char *name; /* without the dashes; NULL ends the table */
	enum option_type type;
	void *value; /* holds the default before, the result after */
	const char *const *choices;
	uint64_t min;
	uint64_t max;
	/* Of strings, optional; and what is expected then. */
	bool (*valid)(const char *text);
	const char *expected;
	bool hide_default;
	bool command_line_only;
	bool live;	 /* what changes it need not be a restart */
	const char *arg; /* what --help calls the value */
	const char *help;
};

/*
 * Parses flags up to the first argument that is none, or "--".  Returns the
 * index of that argument (argc if there is none), or -EINVAL with one line in
 * @error that names the flag and what was expected.
 */
int options_parse(const struct option_row *rows, int argc, char **argv, struct strbuf *error);

/*
 * The same from the environment: FAULTCAST_WEB_LISTEN_ADDRESS for web.listen-address.
 * 0 or -EINVAL.  Other variables are nobody's.
 */
int options_environment(const struct option_row *rows, struct strbuf *error);

/* NULL: there is none. */
const struct option_row *options_find(const struct option_row *rows, const char *name, size_t len);

/* Sets one; 0, or -EINVAL and one line in @error in which the setting is @called so. */
int options_set(const struct option_row *row, const char *called, const char *text,
		struct strbuf *error);

/* Adds ", got " and the start of @text, quoted. */
void options_add_got(struct strbuf *error, const char *text);

/* Adds one aligned line a flag, with its default (call before parsing). */
void options_help(const struct option_row *rows, struct strbuf *out);

/* Whole decimal or 0x number; 0 or -EINVAL. */
int options_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
