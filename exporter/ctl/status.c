// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl status: prints the state of the kernel module, its counters and its probes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "ctl.h"
#include "faultcast.h"
#include "model/module.h"
#include "model/names.h"
#include "model/skew.h"
#include "module.h"
#include "netlink/decode.h"
#include "print.h"
#include "wire/encode.h"

static struct module_status status;
static uint64_t unknown;

static int decode(struct nlmsghdr *nlh)
{
	return decode_status(nlh, &status, &unknown);
}

static void print_number(const char *name, uint64_t value)
{
	printf("%-14s %" PRIu64 "\n", name, value);
}

static void print_table(void)
{
	char loaded[PRINT_TIME_LEN], skew[SKEW_LEN];

	print_format_time(status.loaded_real_ns, loaded);
	skew_describe(&status, skew);
	printf("%-14s %s (abi %u)\n", "module", status.version, status.abi);
	if (*skew)
		printf("%-14s %s\n", "skew", skew);
	printf("%-14s %" PRIx64 "\n", "instance", status.instance);
	printf("%-14s %s\n", "loaded", loaded);
	print_number("head", status.head);
	print_number("tail", status.tail);
	print_number("raised", status.raised);
	print_number("published", status.published);
	print_number("suppressed", status.suppressed);
	print_number("lost", status.lost);
	print_number("queued", status.queued);
	print_number("summaries", status.summaries);
	print_number("hw_overflow", status.hw_overflow);
	print_number("probe_missed", status.nmissed);
	print_number("unknown_unit", status.unknown_unit);
	printf("%-14s %u/s, burst %u, all devices %u/s (0: no limit)\n", "storm control",
	       status.rate, status.burst, status.host_rate);
	printf("\n%-10s %-12s %-12s %s\n", "PROBE", "STATE", "COUNTS", "REASON");
	for (unsigned int i = 0; i < status.num_probes; i++) {
		const struct probe_status *probe = &status.probes[i];
		bool active = probe->state == FAULTCAST_PROBE_ACTIVE;

		printf("%-10s %-12s %-12s %s\n", probe->name, probe_state_name(probe->state),
		       !active	      ? "-"
		       : probe->exact ? "exact"
				      : "lower bound",
		       *probe->reason ? probe->reason : "-");
	}
}

static int print_json(void)
{
	struct strbuf out = STRBUF_INIT;
	struct status_message m;
	int err;

	message_status(&m, "", NULL, &status);
	json_add_message(&out, &m.msg.base);
	err = out.failed ? -ENOMEM : 0;
	if (!err)
		puts(strbuf_str(&out));
	strbuf_free(&out);
	return err;
}

static int run(bool as_json)
{
	int err = module_ask(FAULTCAST_CMD_STATUS_GET, 0, decode);

	if (err)
		return err;
	if (as_json)
		return print_json();
	print_table();
	return 0;
}

const struct ctl_verb ctl_status = {
	.name = "status",
	.help = "print the state of the kernel module, its counters and probes",
	.run = run,
};
