/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML by events, for the parts of config.c. */
#ifndef FAULTCAST_CONFIG_READER_H
#define FAULTCAST_CONFIG_READER_H

#include <stddef.h>
#include <yaml.h>

#include "config.h"

struct config_reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the present one */
	const char *file;
	const char *bytes;
	size_t len;
	struct config *config;
	const struct option_set *sets;
	struct strbuf seen; /* names of settings and sections, a line each */
	struct strbuf *error;
};

/*
 * Goes on to the next event.  All of these return 0, or -EINVAL or -ENOMEM with
 * the reader's error filled in.
 */
int config_next(struct config_reader *reader);

/* Says what is wrong, in the line of the present event or in @line. */
int config_fail(struct config_reader *reader, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int config_fail_at(struct config_reader *reader, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The present event is a key: adds it to @name. */
int config_key(struct config_reader *reader, struct strbuf *name);

/* The present event is the text for @value, the member of @row, which errors call @called. */
int config_value(struct config_reader *reader, const struct option_row *row, void *value,
		 const char *called);

/* Where the present event begins; from 1. */
size_t config_line(const struct config_reader *reader);

/* The present event is the value of health.rules. */
int config_read_rules(struct config_reader *reader);

#endif
