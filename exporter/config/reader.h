/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads YAML as a sequence of events, and makes errors that name the file and the line.  Functions
 * that return int return 0, or -EINVAL or -ENOMEM with one line in the reader's error.
 */
#ifndef FAULTCAST_CONFIG_READER_H
#define FAULTCAST_CONFIG_READER_H

#include <stddef.h>
#include <yaml.h>

#include "base/options.h"

/* A text that string options point to. */
struct config_string {
	struct config_string *next;
	char text[];
};

/* The caller of config_open() sets the first four members, and the others to zero. */
struct config_reader {
	const char *file; /* its name in errors */
	const char *bytes;
	size_t len;
	struct strbuf *error;

	yaml_parser_t parser;
	yaml_event_t event;	       /* the present one */
	struct config_string *strings; /* the texts of config_value(); freed by the caller */
};

/* Begins to read.  config_close() only after success. */
int config_open(struct config_reader *reader);
void config_close(struct config_reader *reader);

void config_free_strings(struct config_string *strings);

/* Goes on to the next event.  Anchors, aliases and tags are errors. */
int config_next(struct config_reader *reader);

/* The line in which the present event begins; the first line is 1. */
size_t config_line(const struct config_reader *reader);

/* Makes an error in the line of the present event, or in @line.  Returns -EINVAL. */
int config_fail(struct config_reader *reader, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int config_fail_at(struct config_reader *reader, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes the error that memory is exhausted.  Returns -ENOMEM. */
int config_no_memory(struct config_reader *reader);

/* True if the present event is an empty value, as YAML's core schema defines it. */
bool config_is_null(const struct config_reader *reader);

/* True if the present event is the plain text @text. */
bool config_is(const struct config_reader *reader, const char *text);

/* The present event must be a key.  Adds the key to @name. */
int config_key(struct config_reader *reader, struct strbuf *name);

/* Parses the present event into @value, the member of @row, which errors call @called. */
int config_value(struct config_reader *reader, const struct option_row *row, void *value,
		 const char *called);

#endif
