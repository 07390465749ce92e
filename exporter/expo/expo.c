// SPDX-License-Identifier: GPL-2.0-or-later
#include "expo.h"

#include <string.h>

#include "format.h"

#define TOTAL "_total"

size_t expo_base_len(const char *name)
{
	size_t len = strlen(name), total = strlen(TOTAL);

	return len > total && !strcmp(name + len - total, TOTAL) ? len - total : len;
}

const char *expo_content_type(const struct expo_format *format)
{
	return format->content_type;
}

static void end_family(struct expo *e)
{
	if (e->family && e->format->end_family)
		e->format->end_family(e);
	e->family = NULL;
}

void expo_family(struct expo *e, const struct metric_family *family)
{
	end_family(e);
	e->family = family;
	e->name_len = e->base_len = strlen(family->name);
	e->family_at = e->body.len;
	e->format->begin_family(e);
}

void expo_sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		 const struct exemplar *exemplar)
{
	e->format->sample(e, labels, unit, value,
			  exemplar && exemplar->cursor.instance ? exemplar : NULL);
}

void expo_histogram(struct expo *e, const struct label *labels, const struct histogram *histogram)
{
	e->format->histogram(e, labels, histogram);
}

void expo_end(struct expo *e)
{
	end_family(e);
	if (e->format->end)
		e->format->end(e);
}
