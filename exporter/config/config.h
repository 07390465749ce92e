/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file: YAML whose keys are the names of options, nested as in
 * web: {listen-address: ...} or with dots as in web.listen-address.  Nothing here does I/O.
 */
#ifndef FAULTCAST_CONFIG_CONFIG_H
#define FAULTCAST_CONFIG_CONFIG_H

#include <stddef.h>

#include "base/options.h"

#define CONFIG_BYTES_MAX 65536

struct config_reader;
struct config_string;

/* All zero at first. */
struct config {
	struct config_string *strings; /* the texts that string options point to */
};

/*
 * Sets the options that @bytes name, in @sets.  @file is the name of the file in errors.  Returns
 * 0, or -EINVAL or -ENOMEM with one line in @error, "file:line: reason"; some options may be set
 * then.  In both cases the caller calls config_free() once nothing uses the strings any more.
 */
int config_parse(struct config *config, const struct option_set *sets, const char *file,
		 const char *bytes, size_t len, struct strbuf *error);
void config_free(struct config *config);

/*
 * For the read() of an OPTION_LIST: reads one mapping, whose start is the reader's present event,
 * into @values.  Its keys are the names of @rows, of which there are at most 32; keys may be
 * missing.  Errors call the list @list.  Returns 0, or -EINVAL or -ENOMEM with the reader's error
 * filled in.  Strings in @values are valid until config_free().
 */
int config_read_mapping(struct config_reader *reader, const char *list,
			const struct option_row *rows, void *values);

#endif
