// SPDX-License-Identifier: GPL-2.0-or-later
#include "accept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One media range, "type/subtype;q=0.5". */
struct range {
	const char *type;
	size_t len;
	int quality; /* in thousandths */
};

static const char *skip(const char *s, const char *chars)
{
	return s + strspn(s, chars);
}

/* "0.5" and the like; RFC 9110 12.4.2.  What cannot be read counts as 1. */
static int parse_quality(const char *s)
{
	char *end;
	double q = strtod(s, &end);

	return end == s || !(q >= 0 && q <= 1) ? 1000 : (int)(q * 1000 + 0.5);
}

/* Reads one range and returns what follows its comma, NULL at the end. */
static const char *next_range(const char *s, struct range *range)
{
	const char *end;

	s = skip(s, " \t,");
	if (!*s)
		return NULL;
	end = s + strcspn(s, ",");
	*range = (struct range){ .type = s, .len = strcspn(s, "; \t,"), .quality = 1000 };
	for (s += range->len; s < end; s += strcspn(s, ";,")) {
		s = skip(s, "; \t");
		if (s < end && !strncasecmp(s, "q=", 2))
			range->quality = parse_quality(s + 2);
		if (s < end && *s == ',')
			break;
	}
	return end;
}

/* How exactly @range names @offer: 0 not at all, 3 to the letter. */
static int match(const struct range *range, const char *offer)
{
	size_t type_len = strcspn(offer, "/") + 1;

	if (range->len == 3 && !strncmp(range->type, "*/*", 3))
		return 1;
	if (range->len == type_len + 1 && range->type[type_len] == '*' &&
	    !strncasecmp(range->type, offer, type_len))
		return 2;
	if (range->len == strlen(offer) && !strncasecmp(range->type, offer, range->len))
		return 3;
	return 0;
}

/* The quality that the most exact range gives to @offer. */
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
