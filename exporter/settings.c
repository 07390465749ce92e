// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static const struct program_options defaults = { .config_file = "" };
struct program_options program_options = { .config_file = "" };

static const struct option_row program_rows[] = {
	{ .name = "config.file",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct program_options, config_file),
	  .hide_default = true,
	  .command_line_only = true,
	  .arg = "FILE",
	  .help = "configuration file in YAML; it is read again on SIGHUP" },
	{ .name = "config.check",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct program_options, config_check),
	  .command_line_only = true,
	  .help = "check all settings and exit" },
	{ .name = "version",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct program_options, version),
	  .command_line_only = true,
	  .help = "print the version" },
	{ .name = "help",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct program_options, help),
	  .command_line_only = true,
	  .help = "print the flags" },
	{ .name = NULL },
};

static const struct setting_group program_settings = { program_rows, sizeof(program_options),
						       &defaults, &program_options, NULL };

const struct feature feature_program = {
	.settings = (const struct setting_group *const[]){ &program_settings, NULL },
};

static void set_defaults(struct settings *settings)
{
	for (size_t i = 0; settings->sets[i].rows; i++)
		memcpy(settings->sets[i].values, settings->groups[i]->defaults,
		       settings->groups[i]->size);
}

int settings_init(struct settings *settings, const struct feature *const *features)
{
	size_t n = 0;

	*settings = (struct settings){ .features = features };
	for (; *features; features++) {
		const struct setting_group *const *group = (*features)->settings;

		for (; group && *group; group++, n++) {
			void *values = n < SETTING_GROUPS_MAX ? malloc((*group)->size) : NULL;

			if (!values) {
				settings_free(settings);
				return -ENOMEM;
			}
			settings->groups[n] = *group;
			settings->sets[n] = (struct option_set){ (*group)->rows, values };
		}
	}
	set_defaults(settings);
	return 0;
}

/* Reads the whole file into @text.  Returns 0, or -EINVAL with one line in @error. */
static int load(const char *path, struct strbuf *text, struct strbuf *error)
{
	/* If the file is a FIFO, the exporter must not wait for a writer. */
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

static int read_file(struct settings *settings, const char *path, struct strbuf *error)
{
	struct strbuf text = STRBUF_INIT;
	int err = load(path, &text, error);

	if (!err)
		err = config_parse(&settings->file, settings->sets, path, strbuf_str(&text),
				   text.len, error);
	strbuf_free(&text);
	return err;
}

static int check_groups(const struct settings *settings, struct strbuf *error)
{
	int err = 0;

	for (size_t i = 0; !err && settings->sets[i].rows; i++)
		if (settings->groups[i]->check)
			err = settings->groups[i]->check(settings->sets[i].values, error);
	return err;
}

int settings_read(struct settings *settings, const struct feature *const *features, int argc,
		  char **argv, struct strbuf *error)
{
	const struct program_options *program;
	const char *path;
	int parsed, err = settings_init(settings, features);

	if (err) {
		strbuf_adds(error, "out of memory");
		return err;
	}
	program = settings_program(settings);
	parsed = options_parse(settings->sets, argc, argv, error);
	if (parsed >= 0 && !program->help && !program->version) {
		path = program->config_file;
		set_defaults(settings);
		if (*path)
			err = read_file(settings, path, error);
		if (!err)
			err = options_environment(settings->sets, error);
		/*
		 * Parse the flags once more, because flags override the environment and the file.
		 */
		if (!err) {
			options_parse(settings->sets, argc, argv, error);
			err = check_groups(settings, error);
		}
	}
	if (parsed < 0 || err)
		settings_free(settings);
	return err ? err : parsed;
}

void settings_free(struct settings *settings)
{
	for (size_t i = 0; i < SETTING_GROUPS_MAX; i++)
		free(settings->sets[i].values);
	config_free(&settings->file);
	memset(settings, 0, sizeof(*settings));
}

const struct program_options *settings_program(const struct settings *settings)
{
	size_t i = 0;

	while (settings->groups[i] != &program_settings)
		i++;
	return settings->sets[i].values;
}

static bool differ(const struct option_row *row, const void *a, const void *b)
{
	if (row->type == OPTION_LIST)
		return true;
	return !options_equal(row, a, b);
}

/* Whether a change of the running values to @fresh includes a call of the row's apply(). */
static bool must_apply(const struct option_row *row, const struct setting_group *group, void *fresh)
{
	return row->apply &&
	       differ(row, options_value(row, group->running), options_value(row, fresh));
}

static void copy_to_running(const struct settings *settings)
{
	for (size_t i = 0; settings->sets[i].rows; i++)
		memcpy(settings->groups[i]->running, settings->sets[i].values,
		       settings->groups[i]->size);
}

int settings_start(const struct settings *settings)
{
	int err = 0;

	copy_to_running(settings);
	for (const struct option_set *set = settings->sets; set->rows; set++)
		for (const struct option_row *row = set->rows; !err && row->name; row++)
			if (row->apply)
				err = row->apply(set->values);
	return err;
}

/* Gives settings that need a restart their running values, and adds their names to @others. */
static void keep_restart_settings(struct settings *fresh, struct strbuf *others)
{
	for (size_t i = 0; fresh->sets[i].rows; i++) {
		for (const struct option_row *row = fresh->sets[i].rows; row->name; row++) {
			const void *is = options_value(row, fresh->groups[i]->running);
			void *wanted = options_value(row, fresh->sets[i].values);

			if (row->apply)
				continue;
			if (differ(row, is, wanted))
				strbuf_addf(others, "%s%s", others->len ? ", " : "", row->name);
			/* Copy equal values too: an equal string of @fresh is freed with @fresh. */
			memcpy(wanted, is, options_size(row));
		}
	}
}

/* Applies the running values again, for the rows before @failed. */
static void roll_back(const struct settings *fresh, const struct option_row *failed)
{
	for (size_t i = 0; fresh->sets[i].rows; i++) {
		const struct setting_group *group = fresh->groups[i];

		for (const struct option_row *row = group->rows; row->name; row++) {
			if (row == failed)
				return;
			if (must_apply(row, group, fresh->sets[i].values) &&
			    row->apply(group->running))
				log_error("setting %s cannot be restored to its former value",
					  row->name);
		}
	}
}

int settings_change(struct settings *fresh, struct strbuf *others)
{
	keep_restart_settings(fresh, others);
	for (size_t i = 0; fresh->sets[i].rows; i++) {
		const struct option_set *set = &fresh->sets[i];

		for (const struct option_row *row = set->rows; row->name; row++) {
			int err = must_apply(row, fresh->groups[i], set->values)
					  ? row->apply(set->values)
					  : 0;

			if (err) {
				roll_back(fresh, row);
				return err;
			}
		}
	}
	copy_to_running(fresh);
	return 0;
}

/* Adds the names of the rows that @is_one picks, each behind @before. */
static void add_names(const struct option_set *sets, bool (*is_one)(const struct option_row *row),
		      const char *before, struct strbuf *out)
{
	for (; sets->rows; sets++)
		for (const struct option_row *row = sets->rows; row->name; row++)
			if (is_one(row))
				strbuf_addf(out, "%s%s", before, row->name);
}

static bool is_command_line_only(const struct option_row *row)
{
	return row->command_line_only;
}

static bool is_list(const struct option_row *row)
{
	return row->type == OPTION_LIST;
}

void settings_help(const struct feature *const *features, struct strbuf *out)
{
	struct settings settings;

	if (settings_init(&settings, features)) {
		out->failed = true;
		return;
	}
	strbuf_adds(out, "Serves PCIe fault events as metrics and streams.\n\nFlags:\n");
	options_help(settings.sets, out);
	strbuf_adds(out, "\nAll flags except");
	add_names(settings.sets, is_command_line_only, " --", out);
	strbuf_adds(out, "\ncan also be set by an environment variable, such as "
			 "FAULTCAST_WEB_LISTEN_ADDRESS for\n--web.listen-address, and in the "
			 "configuration file, as web: {listen-address: ...}.\nFlags override the "
			 "environment, which overrides the file.  Settings without a flag:");
	add_names(settings.sets, is_list, " ", out);
	strbuf_adds(out, "\n");
	settings_free(&settings);
}
