// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl: finds the verb, reads its flags and runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/stderr.h"
#include "base/utf8.h"
#include "ctl.h"

#define POINT_TO(verb) &verb,

static const struct ctl_verb *const verbs[] = { CTL_VERBS(POINT_TO) };

#define NUM_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static struct options {
	bool json;
	bool version;
	bool help;
} opt;

static const struct option_row global_rows[] = {
	{ .name = "json",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, json),
	  .help = "print JSON instead of a table" },
	{ .name = "version",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, version),
	  .help = "print the version" },
	{ .name = "help",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, help),
	  .help = "print this text" },
	{ .name = NULL },
};

void ctl_error(const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(&line, fmt, args);
	va_end(args);
	if (line.len)
		utf8_make_printable(line.s);
	fprintf(stderr, "faultcastctl: %s\n", strbuf_str(&line));
	strbuf_free(&line);
}

static const struct ctl_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < NUM_VERBS; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

/* Fills in the flags of @verb, if it is not NULL, and the global flags. */
static const struct option_set *flags_of(const struct ctl_verb *verb, struct option_set sets[3])
{
	struct option_set *set = sets;

	if (verb && verb->rows)
		*set++ = (struct option_set){ verb->rows, verb->values };
	*set++ = (struct option_set){ global_rows, &opt };
	*set = (struct option_set){ NULL, NULL };
	return sets;
}

static void print_help(const struct ctl_verb *verb)
{
	struct strbuf text = STRBUF_INIT;
	struct option_set sets[3];

	if (verb) {
		strbuf_addf(&text, "faultcastctl %s: %s\n\n", verb->name, verb->help);
	} else {
		strbuf_adds(&text, "Usage: faultcastctl [--json] VERB [flags]\n\n");
		for (size_t i = 0; i < NUM_VERBS; i++)
			strbuf_addf(&text, "  %-10s %s\n", verbs[i]->name, verbs[i]->help);
		strbuf_addc(&text, '\n');
	}
	options_help(flags_of(verb, sets), &text);
	fputs(strbuf_str(&text), stdout);
	strbuf_free(&text);
}

static int run(int argc, char **argv)
{
	const struct ctl_verb *verb = NULL;
	struct strbuf error = STRBUF_INIT;
	struct option_set sets[3];
	int at = options_parse(flags_of(NULL, sets), argc, argv, &error), rest;

	if (at >= 0 && at < argc) {
		verb = find_verb(argv[at]);
		if (!verb)
			strbuf_addf(&error, "unknown verb \"%s\", see --help", argv[at]);
	}
	if (verb) {
		rest = options_parse(flags_of(verb, sets), argc - at - 1, argv + at + 1, &error);
		if (rest >= 0 && rest < argc - at - 1)
			strbuf_addf(&error, "unexpected argument \"%s\", see --help",
				    argv[at + 1 + rest]);
	}
	if (error.len) {
		ctl_error("%s", strbuf_str(&error));
		strbuf_free(&error);
		return -EINVAL;
	}
	if (opt.version) {
		printf("faultcastctl, version %s (revision %s)\n", VERSION, REVISION);
		return 0;
	}
	if (opt.help || !verb) {
		print_help(verb);
		return verb || opt.help ? 0 : -EINVAL;
	}
	return verb->run(opt.json);
}

int main(int argc, char **argv)
{
	int err;

	stderr_take_closed();
	err = run(argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout)) {
		ctl_error("cannot write: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
