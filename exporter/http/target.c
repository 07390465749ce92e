// SPDX-License-Identifier: GPL-2.0-or-later
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static int hex_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

static int refuse(struct strbuf *error, const char *expected)
{
	strbuf_addf(error, "the path and query of the request: expected %s", expected);
	return -EINVAL;
}

/* Checks the bytes of the target before it is decoded. */
static int check_raw(const char *raw, struct strbuf *error)
{
	for (const char *c = raw; *c; c++) {
		if (*c <= ' ' || *c > '~' || *c == '#')
			return refuse(error, "printable ASCII characters other than #");
		if (*c == '%' && !(isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])))
			return refuse(error, "two hexadecimal digits behind each %");
	}
	return 0;
}

/* Checks a decoded part of the target. */
static int check_decoded(const char *text, struct strbuf *error)
{
	for (size_t len; *text; text += len) {
		len = utf8_len(text);
		if (!len)
			return refuse(error, "escapes of UTF-8");
		if (iscntrl((unsigned char)*text))
			return refuse(error, "no escape of a control character");
	}
	return 0;
}

/* Decodes @len bytes to *@to, adds a NUL and moves *@to behind it. */
static int decode(char **to, const char *from, size_t len, struct strbuf *error)
{
	char *start = *to, *at = start;

	for (const char *end = from + len; from < end; from++) {
		*at = *from;
		if (*from == '%') {
			*at = (char)(hex_value(from[1]) << 4 | hex_value(from[2]));
			from += 2;
		}
		if (!*at++)
			return refuse(error, "no escape of a control character");
	}
	*at++ = '\0';
	*to = at;
	return check_decoded(start, error);
}

static int decode_query(struct target *target, char *to, const char *query, struct strbuf *error)
{
	int err = 0;

	target->arguments = to;
	while (!err && *query) {
		size_t len = strcspn(query, "&"), key_len = strcspn(query, "=&");

		if (len) {
			target->num_arguments++;
			err = decode(&to, query, key_len, error);
			if (!err && key_len < len)
				key_len++;
			if (!err)
				err = decode(&to, query + key_len, len - key_len, error);
		}
		query += len;
		query += *query == '&';
	}
	return err;
}

static bool has_escaped_slash(const char *path, size_t len)
{
	for (size_t i = 0; i + 2 < len; i++)
		if (path[i] == '%' && !strncasecmp(path + i + 1, "2f", 2))
			return true;
	return false;
}

/*
 * The path and query of @raw.  NULL if @raw has no path, which only a URL may lack (RFC 9112
 * section 3.2), or if the URL has no host (RFC 9110 section 4.2.1).
 */
static const char *skip_authority(const char *raw)
{
	static const char scheme[] = "http://";
	size_t len;

	if (strncasecmp(raw, scheme, strlen(scheme)) != 0)
		return *raw == '?' ? NULL : raw;
	raw += strlen(scheme);
	len = strcspn(raw, "/?");
	return len ? raw + len : NULL;
}

int target_parse(struct target *target, const char *raw, struct strbuf *error)
{
	size_t len = strlen(raw), path_len;
	char *to = target->text = malloc(2 * len + 3); /* an argument "x" becomes x, NUL, NUL */
	int err = check_raw(raw, error);

	if (err)
		return err;
	if (!to) {
		strbuf_adds(error, "out of memory");
		return -ENOMEM;
	}
	raw = skip_authority(raw);
	if (!raw)
		return refuse(error, "a path, or a URL with a host");
	path_len = strcspn(raw, "?");
	if (has_escaped_slash(raw, path_len))
		return refuse(error, "no escaped slash in the path");
	target->path = path_len ? to : "/";
	err = decode(&to, raw, path_len, error);
	return err ? err : decode_query(target, to, raw + path_len + (raw[path_len] == '?'), error);
}

void target_free(struct target *target)
{
	free(target->text);
	*target = (struct target){ 0 };
}

const char *target_argument(const char *at, const char **key, const char **value)
{
	*key = at;
	*value = at + strlen(at) + 1;
	return *value + strlen(*value) + 1;
}
