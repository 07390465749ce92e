// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <string.h>

#include "reader.h"

/* The state of reading one file. */
struct file {
	struct config_reader reader;
	const struct option_set *sets;
	struct strbuf
		seen; /* the keys that were read: names of options and sections, a line each */
};

/* True if names of options begin with @name and a dot. */
static bool is_section(const struct file *file, const char *name)
{
	size_t len = strlen(name);

	for (const struct option_set *set = file->sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			if (!row->command_line_only && !strncmp(row->name, name, len) &&
			    row->name[len] == '.')
				return true;
	return false;
}

static int refuse_twice(struct file *file, const char *name)
{
	struct strbuf line = STRBUF_INIT;
	int err = 0;

	strbuf_addf(&line, "\n%s\n", name);
	if (strstr(strbuf_str(&file->seen), strbuf_str(&line)))
		err = config_fail(&file->reader, "%s: it stands above already", name);
	strbuf_adds(&file->seen, strbuf_str(&line));
	strbuf_free(&line);
	return err;
}

static int refuse_unknown(struct file *file, const char *name, size_t line)
{
	struct config_reader *reader = &file->reader;

	config_fail_at(reader, line, "expected the name of a flag (see --help)");
	for (const struct option_set *set = file->sets; set->rows; set++)
		for (const struct option_row *row = set->rows; row->name; row++)
			if (row->type == OPTION_LIST)
				strbuf_addf(reader->error, " or %s", row->name);
	options_add_got(reader->error, name);
	return -EINVAL;
}

static int read_settings(struct file *file, const char *section);

static int read_section(struct file *file, const char *name)
{
	struct config_reader *reader = &file->reader;
	struct strbuf prefix = STRBUF_INIT;
	int err = 0;

	if (config_is_null(reader))
		return 0;
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return config_fail(reader, "%s: expected settings below it", name);
	strbuf_addf(&prefix, "%s.", name);
	err = read_settings(file, strbuf_str(&prefix));
	strbuf_free(&prefix);
	return err;
}

/* The present event is the value of @name, whose key is in @line. */
static int read_setting(struct file *file, const char *name, size_t line)
{
	struct config_reader *reader = &file->reader;
	void *value;
	const struct option_row *row = options_find(file->sets, name, strlen(name), &value);

	if (row && row->command_line_only)
		return config_fail_at(reader, line, "%s: only for the command line", name);
	if (row && row->type == OPTION_LIST)
		return row->read(reader, value);
	if (row)
		return config_value(reader, row, value, name);
	return is_section(file, name) ? read_section(file, name) : refuse_unknown(file, name, line);
}

/* Reads a mapping, whose start is the present event: options whose names begin with @section. */
static int read_settings(struct file *file, const char *section)
{
	struct config_reader *reader = &file->reader;
	struct strbuf name = STRBUF_INIT;
	int err;

	while (!(err = config_next(reader)) && reader->event.type != YAML_MAPPING_END_EVENT) {
		size_t line = config_line(reader);

		strbuf_reset(&name);
		strbuf_adds(&name, section);
		err = config_key(reader, &name);
		if (!err)
			err = refuse_twice(file, strbuf_str(&name));
		if (!err)
			err = config_next(reader);
		if (!err)
			err = read_setting(file, strbuf_str(&name), line);
		if (err)
			break;
	}
	strbuf_free(&name);
	return err;
}

/* Reads up to the end of the text: one document, or none. */
static int read_stream(struct file *file)
{
	struct config_reader *reader = &file->reader;
	int err = config_next(reader);

	if (!err)
		err = config_next(reader);
	if (err || reader->event.type == YAML_STREAM_END_EVENT)
		return err;
	err = config_next(reader);
	if (!err && reader->event.type == YAML_MAPPING_START_EVENT)
		err = read_settings(file, "");
	else if (!err && !config_is_null(reader))
		err = config_fail(reader, "expected settings, such as web.listen-address: ...");
	if (!err)
		err = config_next(reader);
	if (!err)
		err = config_next(reader);
	if (!err && reader->event.type != YAML_STREAM_END_EVENT)
		err = config_fail(reader, "expected one YAML document, got a second one");
	return err;
}

int config_parse(struct config *config, const struct option_set *sets, const char *name,
		 const char *bytes, size_t len, struct strbuf *error)
{
	struct file file = {
		.reader = { .file = name, .bytes = bytes, .len = len, .error = error },
		.sets = sets,
	};
	int err = config_open(&file.reader);

	if (err)
		return err;
	options_begin(sets);
	err = read_stream(&file);
	if (!err && file.seen.failed)
		err = config_no_memory(&file.reader);
	config_close(&file.reader);
	config->strings = file.reader.strings;
	strbuf_free(&file.seen);
	return err;
}

void config_free(struct config *config)
{
	config_free_strings(config->strings);
	config->strings = NULL;
}

static int refuse_unknown_key(struct config_reader *reader, const char *list,
			      const struct option_row *rows, const char *name)
{
	config_fail(reader, "%s: expected", list);
	for (const struct option_row *row = rows; row->name; row++)
		strbuf_addf(reader->error, "%s %s", row == rows ? "" : ",", row->name);
	options_add_got(reader->error, name);
	return -EINVAL;
}

/* Reads one key of a mapping and its value.  @seen has one bit for each row. */
static int read_key(struct config_reader *reader, const char *list, const struct option_row *rows,
		    void *values, uint32_t *seen)
{
	const struct option_set sets[] = { { rows, values }, { NULL, NULL } };
	struct strbuf name = STRBUF_INIT, called = STRBUF_INIT;
	const struct option_row *row = NULL;
	void *value;
	int err = config_key(reader, &name);

	if (!err) {
		row = options_find(sets, strbuf_str(&name), name.len, &value);
		strbuf_addf(&called, "%s.%s", list, strbuf_str(&name));
		if (!row)
			err = refuse_unknown_key(reader, list, rows, strbuf_str(&name));
		else if (*seen & 1U << (row - rows))
			err = config_fail(reader, "%s: it stands above already",
					  strbuf_str(&called));
	}
	if (!err) {
		*seen |= 1U << (row - rows);
		err = config_next(reader);
	}
	if (!err)
		err = config_value(reader, row, value, strbuf_str(&called));
	strbuf_free(&name);
	strbuf_free(&called);
	return err;
}

int config_read_mapping(struct config_reader *reader, const char *list,
			const struct option_row *rows, void *values)
{
	uint32_t seen = 0;
	int err;

	while (!(err = config_next(reader)) && reader->event.type != YAML_MAPPING_END_EVENT) {
		err = read_key(reader, list, rows, values, &seen);
		if (err)
			break;
	}
	return err;
}
