// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl: asks the kernel module, and for what is stored the exporter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ctl.h"
#include "model/address.h"

static const struct ctl_verb *const verbs[] = { &ctl_status, &ctl_devices, &ctl_tail,
						&ctl_events, &ctl_inject,  &ctl_config };

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
	  .help = "JSON instead of a table" },
	{ .name = "version",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, version),
	  .help = "print the version" },
	{ .name = "help",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, help),
	  .help = "print this" },
	{ .name = NULL },
};

void ctl_error(const char *fmt, ...)
{
	va_list args;

	fputs("faultcastctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

int ctl_query_error(const struct genl_query *query, int err)
{
	if (err == -ENOENT)
		ctl_error("the kernel module faultcast is not loaded");
	else if (err == -EPERM)
		ctl_error("no permission: this needs CAP_NET_ADMIN");
	else if (err == -EOPNOTSUPP)
		ctl_error("the kernel module that is loaded is too old for this");
	else if (*query->error)
		ctl_error("the kernel module refuses: %s (%s)", query->error, strerror(-err));
	else
		ctl_error("the kernel module does not answer: %s", strerror(-err));
	return err;
}

static void on_done(struct genl_query *query, int err)
{
	(void)query;
	(void)err; /* genl_query_run() returns it */
}

int ctl_ask(uint8_t cmd, int flags, void (*message)(struct genl_query *query, struct nlmsghdr *nlh))
{
	struct genl_query query = { .message = message, .done = on_done };
	int err = genl_query_open(&query);

	if (!err)
		err = genl_query_run(&query, genl_query_new(&query, cmd, flags));
	if (err)
		ctl_query_error(&query, err);
	if (query.sk)
		genl_query_close(&query);
	return err;
}

int ctl_parse_device(const char *text, struct address *address)
{
	int err = address_parse(text, address);

	if (err)
		ctl_error("--device: expected a PCI address such as 0000:03:00.0, bus/name or "
			  "unknown, got \"%s\"",
			  text);
	return err;
}

int ctl_put_device(struct nl_msg *msg, const struct address *address, int segment_attr,
		   int bdf_attr, int name_attr)
{
	char name[ADDRESS_LEN];

	if (address->type == ADDRESS_PCI)
		return nla_put_u32(msg, segment_attr, address->segment)
			       ?: nla_put_u32(msg, bdf_attr, address->bdf);
	address_format(address, name);
	return nla_put_string(msg, name_attr, name);
}

static void on_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	(void)query;
	(void)nlh; /* there is only the acknowledgment */
}

int ctl_tell(uint8_t cmd, int (*fill)(struct nl_msg *msg))
{
	struct genl_query query = { .message = on_message, .done = on_done };
	struct nl_msg *msg = NULL;
	int err = genl_query_open(&query);

	if (!err)
		msg = genl_query_new(&query, cmd, NLM_F_ACK);
	if (msg && fill(msg)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (!err)
		err = genl_query_run(&query, msg);
	if (err)
		ctl_query_error(&query, err);
	if (query.sk)
		genl_query_close(&query);
	return err;
}

void ctl_format_time(uint64_t real_ns, char out[CTL_TIME_LEN])
{
	time_t seconds = (time_t)(real_ns / NSEC_PER_SEC);
	struct tm tm;
	size_t len;

	if (!real_ns) {
		snprintf(out, CTL_TIME_LEN, "-");
		return;
	}
	localtime_r(&seconds, &tm);
	len = strftime(out, CTL_TIME_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + len, CTL_TIME_LEN - len, ".%06u",
		 (unsigned int)(real_ns % NSEC_PER_SEC / 1000));
}

static const struct ctl_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < NUM_VERBS; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

/* Fills in the flags that go with @verb, or without a verb: its own, if any, and the global ones.
 */
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
	int err = run(argc - 1, argv + 1);

	if (fflush(stdout) || ferror(stdout)) {
		ctl_error("cannot write: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
