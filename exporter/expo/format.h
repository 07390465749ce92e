/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a format has to do; and the text that two of them share. */
#ifndef FAULTCAST_EXPO_FORMAT_H
#define FAULTCAST_EXPO_FORMAT_H

#include <stddef.h>

#include "expo.h"

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

/* The length of @name without "_total", if it has that. */
size_t expo_base_len(const char *name);

/* "# HELP name text\n": backslash, newline and, if @quotes, the quote are escaped. */
void expo_text_help(struct expo *e, bool quotes);
void expo_text_type(struct expo *e);

/* "name_suffix{labels} value", without the newline; @extra is one more label, or NULL. */
void expo_text_series(struct expo *e, const char *suffix, const struct label *labels,
		      const struct label *extra, enum unit unit, uint64_t value);

/* "1", "0.000015" */
void expo_text_value(struct strbuf *sb, enum unit unit, uint64_t value);

/*
 * All lines of a histogram.  @exemplar, if any, adds that of a bucket to its line,
 * and @after what follows them.
 */
void expo_text_histogram(struct expo *e, const struct label *labels,
			 const struct histogram *histogram,
			 void (*exemplar)(struct expo *e, enum unit unit,
					  const struct exemplar *exemplar));

#endif
