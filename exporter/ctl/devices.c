// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl devices: who faulted, how often. */
#include "devices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "json.h"
#include "message.h"

static bool json_wanted;
static struct strbuf json;
static uint64_t unknown;
static int failed;

static void add_json(const struct device_counts *counts)
{
	const struct pci_device *present = devices_find(&counts->address);
	struct device_message m;

	message_device(&m, counts, present ? present->vendor_id : 0,
		       present ? present->device_id : 0);
	if (json.len)
		strbuf_addc(&json, ',');
	json_add_message(&json, &m.msg.base);
}

static void print_row(const struct device_counts *counts)
{
	const struct pci_device *present = devices_find(&counts->address);
	char device[ADDRESS_LEN], last[CTL_TIME_LEN], ids[16] = "-";

	address_format(&counts->address, device);
	ctl_format_time(counts->last_real_ns, last);
	if (present)
		snprintf(ids, sizeof(ids), "%04x:%04x", present->vendor_id, present->device_id);
	printf("%-16s %-9s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
	       " %10" PRIu64 " %s\n",
	       device, ids, counts->io_page_faults[FAULTCAST_ACCESS_READ],
	       counts->io_page_faults[FAULTCAST_ACCESS_WRITE],
	       counts->raised - counts->synthetic - counts->io_page_faults[FAULTCAST_ACCESS_READ] -
		       counts->io_page_faults[FAULTCAST_ACCESS_WRITE],
	       counts->synthetic, counts->published, counts->lost, last);
}

static void on_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	struct device_counts counts;

	(void)query;
	if (decode_device(nlh, &counts, &unknown))
		failed = -EBADMSG;
	else if (json_wanted)
		add_json(&counts);
	else
		print_row(&counts);
}

static int run(bool as_json)
{
	int err;

	json_wanted = as_json;
	devices_scan(); /* without it the ids are missing */
	if (!as_json)
		printf("%-16s %-9s %10s %10s %10s %10s %10s %10s %s\n", "DEVICE", "IDS", "READ",
		       "WRITE", "OTHER", "SYNTHETIC", "PUBLISHED", "LOST", "LAST");
	err = ctl_ask(FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP, on_message);
	if (!err && failed) {
		ctl_error("the kernel module's answer is malformed");
		err = failed;
	}
	if (!err && json.failed)
		err = -ENOMEM;
	if (!err && as_json)
		printf("{\"devices\":[%s]}\n", strbuf_str(&json));
	strbuf_free(&json);
	devices_fini();
	return err;
}

const struct ctl_verb ctl_devices = {
	.name = "devices",
	.help = "the devices that faulted, with their counts",
	.run = run,
};
