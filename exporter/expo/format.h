/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of a format, and helpers that both text formats use. */
#ifndef FAULTCAST_EXPO_FORMAT_H
#define FAULTCAST_EXPO_FORMAT_H

#include <stddef.h>

#include "expo.h"

/* The functions write to the body of @e; see the functions of expo.h that call them. */
struct expo_format {
	const char *content_type;
	void (*begin_family)(struct expo *e);
	void (*sample)(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		       const struct exemplar *exemplar);
	void (*histogram)(struct expo *e, const struct label *labels,
			  const struct histogram *histogram);
	void (*end_family)(struct expo *e); /* optional */
	void (*end)(struct expo *e);	    /* optional */
};

/* The length of @name without its suffix "_total", or its whole length without that suffix. */
size_t expo_base_len(const char *name);

/* Adds "# HELP name text\n".  Escapes backslash and newline, and double quotes if @quotes. */
void expo_text_help(struct expo *e, bool quotes);
/* Adds "# TYPE name type\n". */
void expo_text_type(struct expo *e);

/* Adds "name_suffix{labels} value", without a newline.  @extra is one more label, or NULL. */
void expo_text_series(struct expo *e, const char *suffix, const struct label *labels,
		      const struct label *extra, enum unit unit, uint64_t value);

/* Adds a value, such as "1" or "0.000015". */
void expo_text_value(struct strbuf *sb, enum unit unit, uint64_t value);

/*
 * Adds all lines of a histogram.  @exemplar adds the exemplar of a bucket to the bucket's line;
 * NULL: the format has no exemplars.
 */
void expo_text_histogram(struct expo *e, const struct label *labels,
			 const struct histogram *histogram,
			 void (*exemplar)(struct expo *e, enum unit unit,
					  const struct exemplar *exemplar));

#endif
