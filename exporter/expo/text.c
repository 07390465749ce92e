// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prometheus text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/, and
 * the helpers that the format OpenMetrics uses too.
 */
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "format.h"
#include "histogram.h"

#define VALUE_TEXT_MAX 32

static char *put(char *at, const char *s, size_t len)
{
	memcpy(at, s, len);
	return at + len;
}

/* One look for each character, because labels are most of a page. */
static const bool ends_run[UCHAR_MAX + 1] = {
	['\0'] = true,
	['\n'] = true,
	['"'] = true,
	['\\'] = true,
};

/* Writes at most twice the length of @s. */
static char *put_escaped(char *at, const char *s, bool quotes)
{
	for (;; s++) {
		while (!ends_run[(unsigned char)*s])
			*at++ = *s++;
		if (!*s)
			return at;
		if (*s != '"' || quotes)
			*at++ = '\\';
		*at++ = *s == '\n' ? 'n' : *s;
	}
}

static char *put_number(char *at, uint64_t value)
{
	char digits[20]; /* UINT64_MAX has so many */
	size_t first = sizeof(digits);

	do
		digits[--first] = (char)('0' + value % 10);
	while (value /= 10);
	return put(at, digits + first, sizeof(digits) - first);
}

static char *put_fraction(char *at, uint64_t ns)
{
	if (!ns)
		return at;
	*at++ = '.';
	for (uint64_t digit = NSEC_PER_SEC / 10; ns; digit /= 10) {
		*at++ = (char)('0' + ns / digit);
		ns %= digit;
	}
	return at;
}

static char *put_value(char *at, enum unit unit, uint64_t value)
{
	if (unit == UNIT_WHOLE)
		return put_number(at, value);
	return put_fraction(put_number(at, value / NSEC_PER_SEC), value % NSEC_PER_SEC);
}

void expo_text_value(struct strbuf *sb, enum unit unit, uint64_t value)
{
	char text[VALUE_TEXT_MAX];

	strbuf_add(sb, text, (size_t)(put_value(text, unit, value) - text));
}

static char *put_label(char *at, char before, const struct label *label)
{
	*at++ = before;
	at = stpcpy(at, label->name);
	*at++ = '=';
	*at++ = '"';
	at = put_escaped(at, label->value, true);
	*at++ = '"';
	return at;
}

static size_t label_size(const struct label *label)
{
	return strlen(label->name) + 2 * strlen(label->value) + strlen(",=\"\"");
}

/* A scrape has tens of thousands of series: the buffer is grown only once for each of them. */
void expo_text_series(struct expo *e, const char *suffix, const struct label *labels,
		      const struct label *extra, enum unit unit, uint64_t value)
{
	size_t size = e->name_len + strlen(suffix) + strlen("{} ") + VALUE_TEXT_MAX;
	char *at, before = '{';

	for (const struct label *l = labels; l && l->name; l++)
		size += label_size(l);
	if (extra)
		size += label_size(extra);
	if (!strbuf_reserve(&e->body, size))
		return;
	at = put(e->body.s + e->body.len, e->family->name, e->name_len);
	at = stpcpy(at, suffix);
	for (const struct label *l = labels; l && l->name; l++, before = ',')
		at = put_label(at, before, l);
	if (extra) {
		at = put_label(at, before, extra);
		before = ',';
	}
	if (before == ',')
		*at++ = '}';
	*at++ = ' ';
	at = put_value(at, unit, value);
	*at = '\0';
	e->body.len = (size_t)(at - e->body.s);
}

void expo_text_help(struct expo *e, bool quotes)
{
	const char *help = e->family->help;
	char *at;

	strbuf_adds(&e->body, "# HELP ");
	strbuf_add(&e->body, e->family->name, e->base_len);
	if (!strbuf_reserve(&e->body, 2 * strlen(help) + 2))
		return;
	at = e->body.s + e->body.len;
	*at++ = ' ';
	at = put_escaped(at, help, quotes);
	*at++ = '\n';
	*at = '\0';
	e->body.len = (size_t)(at - e->body.s);
}

void expo_text_type(struct expo *e)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = " counter\n",
		[METRIC_GAUGE] = " gauge\n",
		[METRIC_HISTOGRAM] = " histogram\n",
	};

	strbuf_adds(&e->body, "# TYPE ");
	strbuf_add(&e->body, e->family->name, e->base_len);
	strbuf_adds(&e->body, names[e->family->type]);
}

void expo_text_histogram(struct expo *e, const struct label *labels, const struct histogram *h,
			 void (*exemplar)(struct expo *e, enum unit unit,
					  const struct exemplar *exemplar))
{
	char bound[BOUND_TEXT_LEN];
	const struct label le = { "le", bound };
	uint64_t cumulative = 0;

	for (size_t i = 0; i <= h->num_bounds; i++) {
		cumulative += h->buckets[i];
		histogram_bound_text(h, i, bound);
		expo_text_series(e, "_bucket", labels, &le, UNIT_WHOLE, cumulative);
		if (exemplar && h->exemplars[i].cursor.instance)
			exemplar(e, UNIT_NANOSECONDS, &h->exemplars[i]);
		strbuf_addc(&e->body, '\n');
	}
	expo_text_series(e, "_sum", labels, NULL, UNIT_NANOSECONDS, h->sum_ns);
	strbuf_addc(&e->body, '\n');
	expo_text_series(e, "_count", labels, NULL, UNIT_WHOLE, h->count);
	strbuf_addc(&e->body, '\n');
}

static void begin_family(struct expo *e)
{
	expo_text_help(e, false);
	expo_text_type(e);
}

static void sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		   const struct exemplar *exemplar)
{
	(void)exemplar; /* this format has none */
	expo_text_series(e, "", labels, NULL, unit, value);
	strbuf_addc(&e->body, '\n');
}

static void histogram(struct expo *e, const struct label *labels, const struct histogram *h)
{
	expo_text_histogram(e, labels, h, NULL);
}

const struct expo_format expo_text = {
	.content_type = EXPO_TEXT_TYPE,
	.begin_family = begin_family,
	.sample = sample,
	.histogram = histogram,
};
