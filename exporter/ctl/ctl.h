/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of faultcastctl.  A verb is a file that defines its struct ctl_verb, and one line in
 * the list below.
 */
#ifndef FAULTCAST_CTL_CTL_H
#define FAULTCAST_CTL_CTL_H

#include <stdbool.h>

#include "base/options.h"

struct ctl_verb {
	const char *name;
	const char *help;
	const struct option_row *rows; /* its flags, or NULL */
	void *values;		       /* the struct that the rows' offsets refer to */
	/* Returns 0, or -errno after printing the reason with ctl_error(). */
	int (*run)(bool as_json);
};

/* The names of the verbs' structs, in the order of --help. */
#define CTL_VERBS(VERB)                                                                            \
	VERB(ctl_status)                                                                           \
	VERB(ctl_devices)                                                                          \
	VERB(ctl_tail)                                                                             \
	VERB(ctl_events)                                                                           \
	VERB(ctl_inject)                                                                           \
	VERB(ctl_config)

#define DECLARE_VERB(name) extern const struct ctl_verb name;
CTL_VERBS(DECLARE_VERB)
#undef DECLARE_VERB

/*
 * Prints one line on standard error, after the name of the program; the format is printf's.
 * Characters that could control a terminal are replaced.
 */
void ctl_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
