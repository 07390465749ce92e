/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters that an endpoint takes in its query, one row each.  Pure. */
#ifndef FAULTCAST_HTTP_PARAMETER_H
#define FAULTCAST_HTTP_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* A list of rows ends with a row without name. */
struct http_parameter {
	const char *name;
	/*
	 * Reads @value, which is decoded, into the endpoint's own struct at @into.  Relative times
	 * count from @now_real_ns, nanoseconds since 1970.  Returns 0 or -EINVAL.
	 */
	int (*parse)(void *into, const char *value, uint64_t now_real_ns);
	bool repeats; /* may be given more than once */
	/* The end of the error "NAME=VALUE: expected ...". */
	const char *expected;
	/* Adds to @expected what is known at run time only.  Optional. */
	void (*add_expected)(struct strbuf *error);

	/* For docs/http-api.md: what stands for the value, and one sentence or more. */
	const char *value;
	const char *meaning;
};

/* The rows of an endpoint without parameters: a query with any parameter is refused. */
extern const struct http_parameter parameter_none[];

struct target;

/*
 * Reads the arguments of @target with the rows @parameters.  Returns 0, or -EINVAL with one line in
 * @error that names the parameter, its value and the expected values.
 */
int parameters_read(const struct http_parameter *parameters, void *into,
		    const struct target *target, uint64_t now_real_ns, struct strbuf *error);

#endif
