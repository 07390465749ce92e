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
#include "model/requesters.h"
#include "module.h"
#include "netlink/device_table.h"
#include "print.h"
#include "wire/encode.h"

static struct device_table table;
static struct requesters requesters;
static struct strbuf json;
static uint64_t unknown;

static void add_json(const struct device_counts *counts)
{
	struct device_message m;

	message_device(&m, counts, HEALTH_UNKNOWN);
	message_device_cards(&m, &requesters, table.devices, counts);
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

/* Prints " for 0000:02:02.0" behind the requester id of another card, or of several. */
static void print_cards(const struct device_counts *counts)
{
	const char *separator = " for ";
	const struct requester_link *links;
	char card[ADDRESS_LEN];
	size_t num;

	links = requesters_of(&requesters, &counts->address, &num);
	for (size_t i = 0; i < num; i++) {
		address_format(&table.devices[links[i].card].address, card);
		printf("%s%s", separator, card);
		separator = ", ";
	}
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
	       " %10" PRIu64 " %9" PRIu64 " %-26s %s",
	       device, sum(counts->io_page_faults, FAULTCAST_ACCESS_MAX),
	       sum(counts->aer, FAULTCAST_SEVERITY_MAX),
	       counts->link + sum(counts->hotplug, FAULTCAST_HOTPLUG_MAX),
	       counts->interrupt_remapping + counts->other, counts->synthetic, counts->published,
	       counts->suppressed, counts->lost, last, identity);
	print_cards(counts);
	putchar('\n');
}

static int decode(struct nlmsghdr *nlh)
{
	return device_table_add(&table, nlh, &unknown);
}

static void print_all(bool as_json)
{
	for (size_t i = 0; i < table.count; i++) {
		if (counts_are_quiet(&table.devices[i]))
			continue;
		if (as_json)
			add_json(&table.devices[i]);
		else
			print_row(&table.devices[i]);
	}
}

static int run(bool as_json)
{
	int err;

	device_table_begin(&table);
	if (!as_json)
		printf("%-14s %9s %9s %9s %9s %9s %9s %10s %9s %-26s %s\n", "DEVICE", "FAULTS",
		       "AER", "LINK", "OTHER", "SYNTH", "PUBLISHED", "SUPPRESSED", "LOST", "LAST",
		       "IDENTITY");
	err = module_ask(FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP, decode);
	if (!err)
		err = requesters_fill(&requesters, table.devices, table.count);
	if (!err)
		print_all(as_json);
	if (!err && json.failed)
		err = -ENOMEM;
	if (!err && as_json)
		printf("{\"devices\":[%s]}\n", strbuf_str(&json));
	strbuf_free(&json);
	requesters_free(&requesters);
	device_table_free(&table);
	return err;
}

const struct ctl_verb ctl_devices = {
	.name = "devices",
	.help = "print the devices that had faults, with their counts",
	.run = run,
};
