/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of all features: flags override the environment, which overrides the configuration
 * file, which overrides the defaults.  This file depends on no feature: the features' rows say
 * which settings exist, and how a change is applied.
 */
#ifndef FAULTCAST_SETTINGS_H
#define FAULTCAST_SETTINGS_H

#include "base/options.h"
#include "bus/feature.h"
#include "config/config.h"

#define SETTING_GROUPS_MAX 32

/* The flags of the program itself, which are settings too. */
struct program_options {
	const char *config_file; /* "": none */
	bool config_check;
	bool version;
	bool help;
};

/* The values in use. */
extern struct program_options program_options;

/* One value for each setting of a list of features.  All zero at first. */
struct settings {
	const struct feature *const *features;
	/* The groups in the order of the features, and the values of each. */
	const struct setting_group *groups[SETTING_GROUPS_MAX];
	struct option_set sets[SETTING_GROUPS_MAX + 1];
	struct config file; /* holds the strings that come from the file */
};

/*
 * Gives each setting of @features, a list that ends with NULL, its default.  Returns 0 or -ENOMEM;
 * the caller calls settings_free() after success.
 */
int settings_init(struct settings *settings, const struct feature *const *features);

/*
 * Calls settings_init(), and reads all settings of @features, which must have feature_program, from
 * the flags @argv, the environment and the file that --config.file names; with --help or --version
 * only from the flags.  Returns the index of the first argument that is not a flag; or -EINVAL or
 * -ENOMEM with one line in @error, and nothing to free.  The strings of @argv must outlive
 * @settings.
 */
int settings_read(struct settings *settings, const struct feature *const *features, int argc,
		  char **argv, struct strbuf *error);
void settings_free(struct settings *settings);

/* The values of the program's own flags. */
const struct program_options *settings_program(const struct settings *settings);

/*
 * Makes the values the running ones of all groups, and calls apply() of all rows that have it.
 * Returns 0 or -errno.  @settings must outlive the use of strings.
 */
int settings_start(const struct settings *settings);

/*
 * Changes the running values to @fresh as far as rows have apply(), which is called for each
 * change.  Adds the names of the other settings that differ to @others, separated by ", ".  Returns
 * 0; or -errno, and all values are as before.  The values of @fresh are not valid afterwards.
 */
int settings_change(struct settings *fresh, struct strbuf *others);

/* Adds the text of --help for the settings of @features. */
void settings_help(const struct feature *const *features, struct strbuf *out);

#endif
