// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Backslash and newline; in a label value the quote too. */
static void add_escaped(struct strbuf *sb, const char *s, bool in_quotes)
{
	for (; *s; s++) {
		if (*s == '\\')
			strbuf_adds(sb, "\\\\");
		else if (*s == '\n')
			strbuf_adds(sb, "\\n");
		else if (*s == '"' && in_quotes)
			strbuf_adds(sb, "\\\"");
		else
			strbuf_addc(sb, *s);
	}
}

void text_family(struct strbuf *sb, const char *name, const char *type, const char *help)
{
	strbuf_addf(sb, "# HELP %s ", name);
	add_escaped(sb, help, false);
	strbuf_addf(sb, "\n# TYPE %s %s\n", name, type);
}

static void add_series(struct strbuf *sb, const char *name, const char *suffix,
		       const struct label *labels)
{
	strbuf_addf(sb, "%s%s", name, suffix);
	if (labels && labels->name) {
		for (char sep = '{'; labels->name; labels++, sep = ',') {
			strbuf_addf(sb, "%c%s=\"", sep, labels->name);
			add_escaped(sb, labels->value, true);
			strbuf_addc(sb, '"');
		}
		strbuf_addc(sb, '}');
	}
	strbuf_addc(sb, ' ');
}

void text_count(struct strbuf *sb, const char *name, const char *suffix, const struct label *labels,
		uint64_t value)
{
	add_series(sb, name, suffix, labels);
	strbuf_add_u64(sb, value);
	strbuf_addc(sb, '\n');
}

/* The fewest digits that read back as the same number. */
static void add_shortest(struct strbuf *sb, double value)
{
	char digits[32];

	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (!(strtod(digits, NULL) != value))
			break;
	}
	strbuf_addf(sb, "%s\n", digits);
}

void text_value(struct strbuf *sb, const char *name, const char *suffix, const struct label *labels,
		double value)
{
	add_series(sb, name, suffix, labels);
	if (isnan(value))
		strbuf_adds(sb, "NaN\n");
	else if (isinf(value))
		strbuf_adds(sb, value > 0 ? "+Inf\n" : "-Inf\n");
	else
		add_shortest(sb, value);
}
