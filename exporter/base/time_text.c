// SPDX-License-Identifier: GPL-2.0-or-later
#include "time_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "clock.h"

/* Parses the digits at *@text and moves *@text behind them.  False: none, or too many. */
static bool read_number(const char **text, uint64_t *value)
{
	const char *start = *text;

	for (*value = 0; isdigit((unsigned char)**text); ++*text)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(**text - '0'), value))
			return false;
	return *text != start;
}

/* Parses exactly @digits digits, with a value of at most @max. */
static bool read_field(const char **text, int digits, int max, int *value)
{
	for (*value = 0; digits; digits--, ++*text) {
		if (!isdigit((unsigned char)**text))
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return *value <= max;
}

static bool read_char(const char **text, const char *accepted)
{
	return **text && strchr(accepted, *(*text)++);
}

/* Parses the fraction of a second, such as ".5"; it may be missing. */
static bool read_fraction(const char **text, uint64_t *ns)
{
	uint64_t unit = NSEC_PER_SEC / 10;
	const char *start;

	*ns = 0;
	if (**text != '.')
		return true;
	for (start = ++*text; isdigit((unsigned char)**text); ++*text, unit /= 10)
		*ns += (uint64_t)(**text - '0') * unit;
	return *text != start;
}

/* Parses the time-offset of RFC 3339: "Z" or "+01:00". */
static bool read_offset(const char **text, int *seconds)
{
	char sign = **text;
	int hours, minutes;

	*seconds = 0;
	if (sign == 'Z' || sign == 'z') {
		++*text;
		return true;
	}
	/* In a query, a plus that was not written as %2B is decoded as a blank. */
	if (!read_char(text, "+- ") || !read_field(text, 2, 23, &hours) || !read_char(text, ":") ||
	    !read_field(text, 2, 59, &minutes))
		return false;
	*seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

/* Parses a date such as "2026-01-31"; the result is its midnight in Unix seconds. */
static bool read_date(const char **text, int64_t *seconds)
{
	struct tm tm = { 0 };
	int year, month, day;

	if (!read_field(text, 4, 9999, &year) || !read_char(text, "-") ||
	    !read_field(text, 2, 12, &month) || !read_char(text, "-") ||
	    !read_field(text, 2, 31, &day))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	*seconds = timegm(&tm);
	/* timegm() turns the 30th of February into the 1st or 2nd of March. */
	return tm.tm_mon == month - 1 && tm.tm_mday == day;
}

/* Maps a leap second to the second that follows, as the kernel's clock does. */
static bool read_rfc3339(const char **text, int64_t *seconds, uint64_t *ns)
{
	int hour, minute, second, offset;

	if (!read_date(text, seconds) || !read_char(text, "Tt ") ||
	    !read_field(text, 2, 23, &hour) || !read_char(text, ":") ||
	    !read_field(text, 2, 59, &minute) || !read_char(text, ":") ||
	    !read_field(text, 2, 60, &second) || !read_fraction(text, ns) ||
	    !read_offset(text, &offset))
		return false;
	*seconds += (hour * 60 + minute) * 60 + second - offset;
	return *seconds >= 0;
}

/* The seconds of a unit of durations; 0: there is no such unit. */
static uint64_t seconds_of(const char *unit)
{
	static const struct {
		char name;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (unit[0] == units[i].name && !unit[1])
			return units[i].seconds;
	return 0;
}

static int add(uint64_t seconds, uint64_t ns, uint64_t *real_ns)
{
	uint64_t sum;

	if (__builtin_mul_overflow(seconds, NSEC_PER_SEC, &sum) ||
	    __builtin_add_overflow(sum, ns, &sum))
		return -EINVAL;
	*real_ns = sum;
	return 0;
}

int time_parse(const char *text, uint64_t now_real_ns, uint64_t *real_ns)
{
	const char *at = text;
	uint64_t number, ns, ago;
	int64_t seconds;

	if (read_rfc3339(&at, &seconds, &ns))
		return *at ? -EINVAL : add((uint64_t)seconds, ns, real_ns);
	at = text;
	if (!read_number(&at, &number))
		return -EINVAL;
	if (seconds_of(at)) {
		if (__builtin_mul_overflow(number, seconds_of(at), &number) ||
		    add(number, 0, &ago) || ago > now_real_ns)
			return -EINVAL;
		*real_ns = now_real_ns - ago;
		return 0;
	}
	return read_fraction(&at, &ns) && !*at ? add(number, ns, real_ns) : -EINVAL;
}
