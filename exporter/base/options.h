/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options from tables of rows.  A row names an option and the member of a struct that holds its
 * value.  Command-line flags, the environment and the configuration file set options by name.
 */
#ifndef FAULTCAST_BASE_OPTIONS_H
#define FAULTCAST_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

enum option_type {
	OPTION_FLAG,   /* bool: given without a value, or with =true or =false */
	OPTION_STRING, /* const char *: points to the text that was given, which is not copied */
	OPTION_NUMBER, /* uint64_t: decimal or 0x, between min and max */
	OPTION_CHOICE, /* int: index into choices */
	/* uint64_t between min and max, written with the units of Prometheus: */
	OPTION_DURATION, /* in ns: 90s, 15d, 1h30m */
	OPTION_SIZE,	 /* in bytes: 512MB, 1GB; powers of 1024 */
	/*
	 * struct option_texts: one or several texts, at least min.  A flag may be repeated, the
	 * configuration file may have a list, and each text may be several with commas in between.
	 */
	OPTION_TEXTS,
	/*
	 * A list in the configuration file, which the row's read() stores.  There is no flag and no
	 * variable for it.
	 */
	OPTION_LIST,
};

#define OPTION_TEXTS_MAX 32
#define OPTION_TEXT_SIZE 264 /* bytes; a host name of DNS has up to 253 */

/* The value of OPTION_TEXTS.  Unused bytes of @items are 0. */
struct option_texts {
	size_t count;
	char items[OPTION_TEXTS_MAX][OPTION_TEXT_SIZE];
	bool more; /* the next text is added to the others; see options_begin() */
};

struct config_reader; /* config/reader.h */

struct option_row {
	const char *name; /* without the dashes; NULL ends the table */
	enum option_type type;
	size_t offset;		    /* where the member is in the struct of the table's values */
	const char *const *choices; /* their names; ends with NULL */
	uint64_t min;
	uint64_t max;
	/* Optional, for strings and texts: tells whether a text is valid, and how an error
	 * describes one. */
	bool (*valid)(const char *text);
	const char *expected;
	bool hide_default;
	bool command_line_only;
	const char *arg; /* the value's name in --help */
	const char *help;
	/*
	 * For settings that may change while the program runs: puts the value to use.  @values has
	 * all settings of the group.  Called at the start, and for each change; an OPTION_LIST
	 * counts as changed whenever the file is read, and must have apply().  Returns 0, or -errno
	 * if nothing has changed.  A setting without apply() needs a restart.  A string cannot have
	 * one, because its text goes with the file that it was read from.
	 */
	int (*apply)(const void *values);
	/*
	 * For OPTION_LIST: the reader's present event is the value.  Returns 0, or -EINVAL or
	 * -ENOMEM with the reader's error filled in.  The member must hold no pointers to what was
	 * read.
	 */
	int (*read)(struct config_reader *reader, void *value);
};

/* A table of rows, and the struct that their offsets refer to. */
struct option_set {
	const struct option_row *rows;
	void *values; /* holds the defaults before parsing, and the result after it */
};

/* Settings that belong together.  Their rows' offsets refer to a struct of @size bytes. */
struct setting_group {
	const struct option_row *rows;
	size_t size;
	const void *defaults;
	void *running; /* the values in use; the program sets them at the start, from @defaults on
			*/
	/*
	 * Optional: tells whether the values fit together, each of which is valid.  Returns 0, or
	 * -EINVAL with one line in @error.
	 */
	int (*check)(const void *values, struct strbuf *error);
};

/*
 * All functions below take a list of sets that ends with a set without rows.  No two rows of a
 * list have the same name.
 */

/*
 * Parses flags, written --name=value or --name value, up to the first argument that is not a
 * flag, or "--".  Returns the index of that argument (argc if there is none), or -EINVAL with one
 * line in @error that names the flag and what was expected.
 */
int options_parse(const struct option_set *sets, int argc, char **argv, struct strbuf *error);

/*
 * Sets each option whose variable is in the environment: FAULTCAST_WEB_LISTEN_ADDRESS for
 * web.listen-address.  Returns 0, or -EINVAL with one line in @error.  Other variables are ignored.
 */
int options_environment(const struct option_set *sets, struct strbuf *error);

/*
 * Begins to read another source of values.  The first text that it has for an OPTION_TEXTS replaces
 * the texts of earlier sources; further ones are added.  options_parse() and options_environment()
 * call this function.
 */
void options_begin(const struct option_set *sets);

/*
 * Returns the row with the name @name, of length @len, or NULL.  *@value points to the member that
 * holds the value.
 */
const struct option_row *options_find(const struct option_set *sets, const char *name, size_t len,
				      void **value);

/*
 * Parses @text into @value, the row's member.  Returns 0, or -EINVAL with one line in @error, which
 * calls the option @called.
 */
int options_set(const struct option_row *row, void *value, const char *called, const char *text,
		struct strbuf *error);

/* The row's member of @values. */
void *options_value(const struct option_row *row, void *values);

/* The size in bytes of the row's member; 0 for OPTION_LIST. */
size_t options_size(const struct option_row *row);

/* Whether two values of the row are equal.  Not for OPTION_LIST. */
bool options_equal(const struct option_row *row, const void *a, const void *b);

/* Adds ", got " and the start of @text, quoted. */
void options_add_got(struct strbuf *error, const char *text);

/* Adds the value as text, in the form that options_set() parses.  Not for OPTION_LIST. */
void options_add_value(const struct option_row *row, const void *value, struct strbuf *out);

/* Adds the name of the environment variable that sets the option. */
void options_add_variable(const struct option_row *row, struct strbuf *out);

/* Adds one aligned line for each flag, with its present value as the default. */
void options_help(const struct option_set *sets, struct strbuf *out);

/* Parses a whole decimal or 0x number; 0 or -EINVAL. */
int options_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
