/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the target of a request: its path and the arguments of its query.  Pure. */
#ifndef FAULTCAST_HTTP_TARGET_H
#define FAULTCAST_HTTP_TARGET_H

#include <stddef.h>

#include "base/strbuf.h"

/* A target, decoded.  All zero at first. */
struct target {
	char *text;	       /* holds the strings below */
	const char *path;      /* begins with "/", except for targets such as "*" */
	const char *arguments; /* key, NUL, value, NUL, and so on; use target_argument() */
	size_t num_arguments;
};

/*
 * Reads @raw as it stands in the request line (RFC 9112 3.2): "/path?query", or the absolute form
 * "http://host/path?query", which every server has to accept.  "+" is an ordinary character.
 * Refuses what a path and a query cannot have: bytes other than printable ASCII, "#", escapes
 * without two hexadecimal digits, an escaped slash in the path, and escapes that make a control
 * character or something other than UTF-8.  Returns 0, or -EINVAL or -ENOMEM with one line in
 * @error.  The caller calls target_free() in all cases.
 */
int target_parse(struct target *target, const char *raw, struct strbuf *error);

void target_free(struct target *target);

/*
 * Goes through the arguments: stores one and returns where the next one is.  @at is
 * @target->arguments at first.
 */
const char *target_argument(const char *at, const char **key, const char **value);

#endif
