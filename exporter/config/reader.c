// SPDX-License-Identifier: GPL-2.0-or-later
#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UTF8_MARK "\xef\xbb\xbf"

int config_open(struct config_reader *reader)
{
	/* If the encoding is given, libyaml counts the mark as a column. */
	if (reader->len >= strlen(UTF8_MARK) &&
	    !memcmp(reader->bytes, UTF8_MARK, strlen(UTF8_MARK))) {
		reader->bytes += strlen(UTF8_MARK);
		reader->len -= strlen(UTF8_MARK);
	}
	if (!yaml_parser_initialize(&reader->parser))
		return config_no_memory(reader);
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->bytes,
				     reader->len);
	return 0;
}

void config_close(struct config_reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

void config_free_strings(struct config_string *strings)
{
	while (strings) {
		struct config_string *string = strings;

		strings = string->next;
		free(string);
	}
}

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

int config_no_memory(struct config_reader *reader)
{
	strbuf_addf(reader->error, "%s: out of memory", reader->file);
	return -ENOMEM;
}

/* The text is not YAML.  For wrong bytes libyaml gives only their offset, not their line. */
static int not_yaml(struct config_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *context = parser->context ? parser->context : "";
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return config_no_memory(reader);
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

/* Refuses aliases, anchors and tags, so that the text means what can be seen in one place. */
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

/* The text of the present event; NULL if the event is no scalar, or contains a NUL. */
static const char *scalar(const struct config_reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *text;

	if (event->type != YAML_SCALAR_EVENT)
		return NULL;
	text = (const char *)event->data.scalar.value;
	return strlen(text) == event->data.scalar.length ? text : NULL;
}

bool config_is_null(const struct config_reader *reader)
{
	const char *text = scalar(reader);

	return text && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

bool config_is(const struct config_reader *reader, const char *text)
{
	const char *is = scalar(reader);

	return is && !strcmp(is, text);
}

int config_key(struct config_reader *reader, struct strbuf *name)
{
	const char *text = scalar(reader);

	if (!text || !*text || strchr(text, '\n'))
		return config_fail(reader, "expected the name of a setting as key");
	strbuf_adds(name, text);
	return 0;
}

static const char *keep(struct config_reader *reader, const char *text)
{
	struct config_string *string = malloc(sizeof(*string) + strlen(text) + 1);

	if (!string)
		return NULL;
	strcpy(string->text, text);
	string->next = reader->strings;
	reader->strings = string;
	return string->text;
}

static int set_value(struct config_reader *reader, const struct option_row *row, void *value,
		     const char *called, const char *text)
{
	begin_error(reader, config_line(reader));
	if (options_set(row, value, called, text, reader->error))
		return -EINVAL;
	strbuf_reset(reader->error);
	return 0;
}

static int read_scalar(struct config_reader *reader, const struct option_row *row, void *value,
		       const char *called)
{
	const char *text = scalar(reader);

	if (!text || config_is_null(reader))
		return config_fail(reader, "%s: expected a value (%s)", called,
				   row->arg ? row->arg : "true or false");
	if (row->type == OPTION_STRING)
		text = keep(reader, text);
	if (!text)
		return config_no_memory(reader);
	return set_value(reader, row, value, called, text);
}

/* Reads a list of texts, whose start is the present event. */
static int read_texts(struct config_reader *reader, const struct option_row *row, void *value,
		      const char *called)
{
	bool any = false;
	int err;

	while (!(err = config_next(reader)) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		err = read_scalar(reader, row, value, called);
		if (err)
			return err;
		any = true;
	}
	return err || any ? err : set_value(reader, row, value, called, "");
}

int config_value(struct config_reader *reader, const struct option_row *row, void *value,
		 const char *called)
{
	if (row->type == OPTION_TEXTS && reader->event.type == YAML_SEQUENCE_START_EVENT)
		return read_texts(reader, row, value, called);
	return read_scalar(reader, row, value, called);
}
