// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * faultcastctl devices: prints the devices that had faults, with their counts.  The module lists
 * its devices only for processes with CAP_NET_ADMIN; for others the exporter is asked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "coverage.h"
#include "ctl.h"
#include "exporter.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/identity.h"
#include "model/requesters.h"
#include "module.h"
#include "netlink/device_table.h"
#include "print.h"
#include "printable.h"
#include "wire/decode.h"
#include "wire/encode.h"

static struct options {
	const char *exporter;
	bool all;
} opt;

static const struct option_row rows[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, all),
	  .help = "ask the exporter for all devices, and which of their faults are watched" },
	{ .name = "exporter",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, exporter),
	  .arg = "URL",
	  .help = "ask this exporter and not the kernel module: URL, or /PATH of its unix socket" },
	{ .name = NULL },
};

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

/* Prints one of the cards behind a requester id: " for 0000:02:02.0" or ", 0000:02:03.0". */
static void print_card(const char *card, size_t number)
{
	printf("%s%s", number ? ", " : " for ", card);
}

static void print_cards(const struct device_counts *counts)
{
	const struct requester_link *links;
	char card[ADDRESS_LEN];
	size_t num;

	links = requesters_of(&requesters, &counts->address, &num);
	for (size_t i = 0; i < num; i++) {
		address_format(&table.devices[links[i].card].address, card);
		print_card(card, i);
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

/* The caller adds the cards behind the device, and the end of the line. */
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
}

static int decode(struct nlmsghdr *nlh)
{
	return device_table_add(&table, nlh, &unknown);
}

static void print_heading(void)
{
	printf("%-14s %9s %9s %9s %9s %9s %9s %10s %9s %-26s %s\n", "DEVICE", "FAULTS", "AER",
	       "LINK", "OTHER", "SYNTH", "PUBLISHED", "SUPPRESSED", "LOST", "LAST", "IDENTITY");
}

static void print_table(void)
{
	print_heading();
	for (size_t i = 0; i < table.count; i++) {
		if (counts_are_quiet(&table.devices[i]))
			continue;
		print_row(&table.devices[i]);
		print_cards(&table.devices[i]);
		putchar('\n');
	}
}

static int print_json(void)
{
	for (size_t i = 0; i < table.count; i++)
		if (!counts_are_quiet(&table.devices[i]))
			add_json(&table.devices[i]);
	if (json.failed)
		return -ENOMEM;
	printf("{\"devices\":[%s]}\n", strbuf_str(&json));
	return 0;
}

static int ask_module(bool as_json)
{
	int err = module_ask_if_permitted(FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP, decode);

	if (!err)
		err = requesters_fill(&requesters, table.devices, table.count);
	if (err)
		return err;
	if (as_json)
		return print_json();
	print_table();
	return 0;
}

/* A name that the server sends must not control the terminal. */
static char *printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static int print_message(const Faultcast__V1__Device *m)
{
	struct device_counts counts;
	int err = message_read_device(m, &counts);

	if (err)
		return err;
	printable(counts.address.name);
	printable(counts.identity.driver);
	print_row(&counts);
	for (size_t i = 0; i < m->n_cards; i++)
		print_card(printable(m->cards[i]->name), i);
	putchar('\n');
	return 0;
}

static int print_list(const Faultcast__V1__DeviceList *list, bool as_json)
{
	int err = 0;

	if (as_json) {
		json_add_message(&json, &list->base);
		if (json.failed)
			return -ENOMEM;
		printable_json(&json);
		putchar('\n');
		return 0;
	}
	if (opt.all) {
		coverage_print(list);
		return 0;
	}
	print_heading();
	for (size_t i = 0; !err && i < list->n_devices; i++)
		err = print_message(list->devices[i]);
	return err;
}

static int ask_exporter(const char *exporter, bool as_json)
{
	Faultcast__V1__DeviceList *list;
	struct strbuf body = STRBUF_INIT;
	int err = exporter_get(exporter, "/v1/devices", opt.all ? "coverage=1" : NULL,
			       "application/x-protobuf", &body);

	if (err)
		goto out;
	list = faultcast__v1__device_list__unpack(NULL, body.len, (const uint8_t *)body.s);
	err = list ? print_list(list, as_json) : -EBADMSG;
	if (err)
		ctl_error("%s: the answer is not a list of devices", exporter);
	if (list)
		faultcast__v1__device_list__free_unpacked(list, NULL);
out:
	strbuf_free(&body);
	return err;
}

static int run(bool as_json)
{
	int err = -EPERM;

	device_table_begin(&table);
	if (!opt.exporter && !opt.all)
		err = ask_module(as_json);
	if (err == -EPERM)
		err = ask_exporter(opt.exporter ? opt.exporter : exporter_default(), as_json);
	strbuf_free(&json);
	requesters_free(&requesters);
	device_table_free(&table);
	return err;
}

const struct ctl_verb ctl_devices = {
	.name = "devices",
	.help = "print the devices that had faults, with their counts",
	.rows = rows,
	.values = &opt,
	.run = run,
};
