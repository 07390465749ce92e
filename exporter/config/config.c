// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define RULES "health.rules"
#define UTF8_MARK "\xef\xbb\xbf"

struct config_string {
	struct config_string *next;
	char text[];
};

size_t config_line(const struct config_reader *reader)
{
	return reader->event.start_mark.line + 1;
}

static void begin_error(struct config_reader *reader, size_t line)
{
	strbuf_addf(reader->error, "%s:%zu: ", reader->file, line);
}

int config_fail_at(struct config_reader *reader, size_t line, const char *fmt, ...)
{
	va_list args;

	begin_error(reader, line);
	va_start(args, fmt);
	strbuf_vaddf(reader->error, fmt, args);
	va_end(args);
	return -EINVAL;
}

int config_fail(struct config_reader *reader, const char *fmt, ...)
{
	va_list args;

	begin_error(reader, config_line(reader));
	va_start(args, fmt);
	strbuf_vaddf(reader->error, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int no_memory(struct config_reader *reader)
{
	strbuf_addf(reader->error, "%s: out of memory", reader->file);
	return -ENOMEM;
}

/* What libyaml does not understand.  Of bytes it knows only how many came before. */
static int not_yaml(struct config_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *context = parser->context ? parser->context : "";
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(reader);
	if (parser->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < parser->problem_offset && i < reader->len; i++)
			line += reader->bytes[i] == '\n';
		return config_fail_at(reader, line, "expected UTF-8 text: %s (0x%02x)",
				      parser->problem, (unsigned int)parser->problem_value);
	}
	return config_fail_at(reader, line, "expected YAML: %s%s%s", context, *context ? ", " : "",
			      parser->problem);
}

static int refuse(struct config_reader *reader, const char *expected, const yaml_char_t *got)
{
	config_fail(reader, "expected %s", expected);
	options_add_got(reader->error, (const char *)got);
	return -EINVAL;
}

/* What would let the text say more than can be seen where it stands. */
static int refuse_references(struct config_reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(reader, "no alias", event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return refuse(reader, "no anchor", anchor);
	return tag ? refuse(reader, "no tag", tag) : 0;
}

int config_next(struct config_reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return not_yaml(reader);
	return refuse_references(reader);
}

/* NULL unless the present event is one without NUL. */
static const char *scalar(const struct config_reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *text;

	if (event->type != YAML_SCALAR_EVENT)
		return NULL;
	text = (const char *)event->data.scalar.value;
	return strlen(text) == event->data.scalar.length ? text : NULL;
}

/* Whether nothing stands there, as YAML's core schema has it. */
static bool is_null(const struct config_reader *reader)
{
	const char *text = scalar(reader);

	return text && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

int config_key(struct config_reader *reader, struct strbuf *name)
{
	const char *text = scalar(reader);

	if (!text || !*text || strchr(text, '\n'))
		return config_fail(reader, "expected the name of a setting as key");
	strbuf_adds(name, text);
	return 0;
}

static const char *keep(struct config *config, const char *text)
{
	struct config_string *string = malloc(sizeof(*string) + strlen(text) + 1);

	if (!string)
		return NULL;
	strcpy(string->text, text);
	string->next = config->strings;
	config->strings = string;
	return string->text;
}

int config_value(struct config_reader *reader, const struct option_row *row, void *value,
		 const char *called)
{
	const char *text = scalar(reader);

	if (!text || is_null(reader))
		return config_fail(reader, "%s: expected a value (%s)", called,
				   row->arg ? row->arg : "true or false");
	if (row->type == OPTION_STRING)
		text = keep(reader->config, text);
	if (!text)
		return no_memory(reader);
	begin_error(reader, config_line(reader));
	if (options_set(row, value, called, text, reader->error))
		return -EINVAL;
	strbuf_reset(reader->error);
	return 0;
}

/* Whether settings begin so. */
static bool is_section(const struct config_reader *reader, const char *name)
{
	size_t len = strlen(name);

	if (!strncmp(name, RULES, len) && RULES[len] == '.')
		return true;
	for (const struct option_set *set = reader->sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			if (!row->command_line_only && !strncmp(row->name, name, len) &&
			    row->name[len] == '.')
				return true;
	return false;
}

static int refuse_twice(struct config_reader *reader, const char *name)
{
	struct strbuf line = STRBUF_INIT;
	int err = 0;

	strbuf_addf(&line, "\n%s\n", name);
	if (strstr(strbuf_str(&reader->seen), strbuf_str(&line)))
		err = config_fail(reader, "%s: it stands above already", name);
	strbuf_adds(&reader->seen, strbuf_str(&line));
	strbuf_free(&line);
	return err;
}

static int read_settings(struct config_reader *reader, const char *section);

static int read_section(struct config_reader *reader, const char *name)
{
	struct strbuf prefix = STRBUF_INIT;
	int err = 0;

	if (is_null(reader))
		return 0;
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return config_fail(reader, "%s: expected settings below it", name);
	strbuf_addf(&prefix, "%s.", name);
	err = read_settings(reader, strbuf_str(&prefix));
	strbuf_free(&prefix);
	return err;
}

/* The present event is the value of @name, whose key stood in @line. */
static int read_setting(struct config_reader *reader, const char *name, size_t line)
{
	void *value;
	const struct option_row *row = options_find(reader->sets, name, strlen(name), &value);

	if (!strcmp(name, RULES))
		return config_read_rules(reader);
	if (row && row->command_line_only)
		return config_fail_at(reader, line, "%s: only for the command line", name);
	if (row)
		return config_value(reader, row, value, name);
	if (is_section(reader, name))
		return read_section(reader, name);
	config_fail_at(reader, line, "expected the name of a flag (see --help) or " RULES);
	options_add_got(reader->error, name);
	return -EINVAL;
}

/* A mapping, whose start is the present event; of settings whose names begin with @section. */
static int read_settings(struct config_reader *reader, const char *section)
{
	struct strbuf name = STRBUF_INIT;
	int err;

	while (!(err = config_next(reader)) && reader->event.type != YAML_MAPPING_END_EVENT) {
		size_t line = config_line(reader);

		strbuf_reset(&name);
		strbuf_adds(&name, section);
		err = config_key(reader, &name);
		if (!err)
			err = refuse_twice(reader, strbuf_str(&name));
		if (!err)
			err = config_next(reader);
		if (!err)
			err = read_setting(reader, strbuf_str(&name), line);
		if (err)
			break;
	}
	strbuf_free(&name);
	return err;
}

/* Up to the end of the text: one document, or none. */
static int read_stream(struct config_reader *reader)
{
	int err = config_next(reader);

	if (!err)
		err = config_next(reader);
	if (err || reader->event.type == YAML_STREAM_END_EVENT)
		return err;
	err = config_next(reader);
	if (!err && reader->event.type == YAML_MAPPING_START_EVENT)
		err = read_settings(reader, "");
	else if (!err && !is_null(reader))
		err = config_fail(reader, "expected settings, such as web.listen-address: ...");
	if (!err)
		err = config_next(reader);
	if (!err)
		err = config_next(reader);
	if (!err && reader->event.type != YAML_STREAM_END_EVENT)
		err = config_fail(reader, "expected one YAML document, got a second one");
	return err;
}

int config_parse(struct config *config, const struct option_set *sets, const char *file,
		 const char *bytes, size_t len, struct strbuf *error)
{
	struct config_reader reader = {
		.file = file,
		.bytes = bytes,
		.len = len,
		.config = config,
		.sets = sets,
		.error = error,
	};
	int err;

	/* Where the encoding is given, libyaml takes the mark for a column of its own. */
	if (len >= strlen(UTF8_MARK) && !memcmp(bytes, UTF8_MARK, strlen(UTF8_MARK))) {
		reader.bytes += strlen(UTF8_MARK);
		reader.len -= strlen(UTF8_MARK);
	}
	if (!yaml_parser_initialize(&reader.parser))
		return no_memory(&reader);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)reader.bytes,
				     reader.len);
	err = read_stream(&reader);
	if (!err && reader.seen.failed)
		err = no_memory(&reader);
	yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	strbuf_free(&reader.seen);
	return err;
}

void config_free(struct config *config)
{
	while (config->strings) {
		struct config_string *string = config->strings;

		config->strings = string->next;
		free(string);
	}
}
