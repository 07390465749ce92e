// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl devices: prints the devices that had faults, with their counts. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "ctl.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/identity.h"
#include "module.h"
#include "netlink/decode.h"
#include "print.h"
#include "wire/encode.h"

static bool json_wanted;
static struct strbuf json;
static uint64_t unknown;

static void add_json(const struct device_counts *counts)
{
	struct device_message m;

	message_device(&m, counts, HEALTH_UNKNOWN);
	if (json.len)
		strbuf_addc(&json, ',');
	json_add_message(&json, &m.msg.base);
}

static uint64_t sum(const uint64_t *counts, uint32_t max)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i <= max; i++)
		total += counts[i];
	return total;
}

/* Writes "1af4:1000 e1000e", and " (gone)" behind it if the device is no longer present. */
static void format_identity(const struct device_counts *counts, char *out, size_t size)
{
	const struct device_identity *id = &counts->identity;

	if (!id->generation)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%04x:%04x %s%s", id->vendor_id, id->device_id,
			 *id->driver ? id->driver : "-", counts->present ? "" : " (gone)");
}

static void print_row(const struct device_counts *counts)
{
	char device[ADDRESS_LEN], last[PRINT_TIME_LEN], identity[IDENTITY_TEXT_LEN + 24];

	address_format(&counts->address, device);
	print_format_time(counts->last_real_ns, last);
	format_identity(counts, identity, sizeof(identity));
	printf("%-14s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
	       " %10" PRIu64 " %9" PRIu64 " %-26s %s\n",
	       device, sum(counts->io_page_faults, FAULTCAST_ACCESS_MAX),
	       sum(counts->aer, FAULTCAST_SEVERITY_MAX),
	       counts->link + sum(counts->hotplug, FAULTCAST_HOTPLUG_MAX),
	       counts->interrupt_remapping + counts->other, counts->synthetic, counts->published,
	       counts->suppressed, counts->lost, last, identity);
}

static int decode(struct nlmsghdr *nlh)
{
	struct device_counts counts;
	int err = decode_device(nlh, &counts, &unknown);

	if (err || counts_are_quiet(&counts))
		return err;
	if (json_wanted)
		add_json(&counts);
	else
		print_row(&counts);
	return 0;
}

static int run(bool as_json)
{
	int err;

	json_wanted = as_json;
	if (!as_json)
		printf("%-14s %9s %9s %9s %9s %9s %9s %10s %9s %-26s %s\n", "DEVICE", "FAULTS",
		       "AER", "LINK", "OTHER", "SYNTH", "PUBLISHED", "SUPPRESSED", "LOST", "LAST",
		       "IDENTITY");
	err = module_ask(FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP, decode);
	if (!err && json.failed)
		err = -ENOMEM;
	if (!err && as_json)
		printf("{\"devices\":[%s]}\n", strbuf_str(&json));
	strbuf_free(&json);
	return err;
}

const struct ctl_verb ctl_devices = {
	.name = "devices",
	.help = "print the devices that had faults, with their counts",
	.run = run,
};
