// SPDX-License-Identifier: GPL-2.0-or-later
#include "accept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A media range such as "type/subtype;version=1;q=0.5", or a coding such as "gzip;q=0.5". */
struct range {
	const char *type;
	size_t len;
	const char *end;
	int quality; /* in thousandths */
};

struct parameter {
	const char *name, *value;
	size_t name_len, value_len;
};

static const char *skip(const char *s, const char *chars)
{
	return s + strspn(s, chars);
}

/* Reads a quality such as "0.5" (RFC 9110 12.4.2); one that cannot be read counts as 1. */
static int parse_quality(const char *s)
{
	char *end;
	double q = strtod(s, &end);

	return end == s || !(q >= 0 && q <= 1) ? 1000 : (int)(q * 1000 + 0.5);
}

/* Reads a parameter at @s, in a range that ends at @end.  Returns its end; NULL: there is none. */
static const char *next_parameter(const char *s, const char *end, struct parameter *p)
{
	do {
		s = skip(s, "; \t");
		if (s >= end || *s == ',')
			return NULL;
		p->name = s;
		p->name_len = strcspn(s, "=; \t,");
		s += p->name_len;
	} while (*s != '=');
	p->value = skip(s + 1, "\"");
	p->value_len = strcspn(p->value, "\"; \t,");
	return p->value + p->value_len + (p->value[p->value_len] == '"');
}

static bool is_named(const struct parameter *p, const char *name, size_t len)
{
	return p->name_len == len && !strncasecmp(p->name, name, len);
}

/* Reads one range and returns its end; NULL: there is none. */
static const char *next_range(const char *s, struct range *range)
{
	struct parameter p;

	s = skip(s, " \t,");
	if (!*s)
		return NULL;
	*range = (struct range){
		.type = s, .len = strcspn(s, "; \t,"), .end = s + strcspn(s, ","), .quality = 1000
	};
	s += range->len;
	while ((s = next_parameter(s, range->end, &p)))
		if (is_named(&p, "q", 1))
			range->quality = parse_quality(p.value);
	return range->end;
}

/* The number of parameters that @range and @offer share; -1: they differ in the value of one. */
static int match_parameters(const struct range *range, const char *offer)
{
	const char *s = range->type + range->len;
	struct parameter wanted, offered;
	int same = 0;

	while ((s = next_parameter(s, range->end, &wanted))) {
		const char *end = offer + strlen(offer), *at = offer + strcspn(offer, ";");

		while ((at = next_parameter(at, end, &offered))) {
			if (!is_named(&offered, wanted.name, wanted.name_len))
				continue;
			if (offered.value_len != wanted.value_len ||
			    strncasecmp(offered.value, wanted.value, wanted.value_len) != 0)
				return -1;
			same++;
		}
	}
	return same;
}

/* How exactly @range matches @offer: 0: not; 1: any type; 2: any subtype; 3 and more: exactly. */
static int match(const struct range *range, const char *offer)
{
	size_t type_len = strcspn(offer, "/") + 1, offer_len = strcspn(offer, ";");

	if (range->len == 3 && !strncmp(range->type, "*/*", 3))
		return 1;
	if (range->len == type_len + 1 && range->type[type_len] == '*' &&
	    !strncasecmp(range->type, offer, type_len))
		return 2;
	if (range->len == offer_len && !strncasecmp(range->type, offer, range->len)) {
		int same = match_parameters(range, offer);

		return same < 0 ? 0 : 3 + same;
	}
	return 0;
}

/* The quality of the range that matches @offer most exactly. */
static int quality_of(const char *header, const char *offer)
{
	int best = 0, quality = 0;
	struct range range;

	while ((header = next_range(header, &range))) {
		int how = match(&range, offer);

		if (how > best) {
			best = how;
			quality = range.quality;
		}
	}
	return quality;
}

int accept_choose(const char *header, const char *const *offers)
{
	int chosen = -1, best = 0;

	if (!header || !*skip(header, " \t,"))
		return 0;
	for (int i = 0; offers[i]; i++) {
		int quality = quality_of(header, offers[i]);

		if (quality > best) {
			best = quality;
			chosen = i;
		}
	}
	return chosen;
}

bool accept_gzip(const char *header)
{
	int gzip = -1, identity = -1, any = -1;
	struct range range;

	while (header && (header = next_range(header, &range))) {
		if (range.len == 4 && !strncasecmp(range.type, "gzip", 4))
			gzip = range.quality;
		else if (range.len == 8 && !strncasecmp(range.type, "identity", 8))
			identity = range.quality;
		else if (range.len == 1 && *range.type == '*')
			any = range.quality;
	}
	if (gzip < 0)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}
