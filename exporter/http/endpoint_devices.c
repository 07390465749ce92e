// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /v1/devices: the devices that the kernel module has counted faults of, and their health. */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "base/json.h"
#include "health/watch.h"
#include "metrics/devices.h"
#include "model/requesters.h"
#include "page.h"
#include "parameter.h"
#include "routes.h"
#include "serial.h"
#include "wire/encode.h"

#define DEVICES_PER_STEP 8
#define FIELD_DEVICES ((1 << 3) | 2) /* the tag of DeviceList.devices: field 1, delimited */

/* The page that is being written. */
static size_t next;
static bool judged;
static struct requesters requesters;
static struct metric_devices present; /* with coverage: the devices of the module and of sysfs */

static void add_json(struct strbuf *body, const ProtobufCMessage *device)
{
	strbuf_adds(body, body->len ? "," : "{\"devices\":[");
	json_add_message(body, device);
}

static void end_json(struct strbuf *body)
{
	strbuf_adds(body, body->len ? "]}\n" : "{}\n");
}

static void add_protobuf(struct strbuf *body, const ProtobufCMessage *device)
{
	strbuf_addc(body, FIELD_DEVICES);
	message_add_delimited(body, device);
}

static void end_protobuf(struct strbuf *body)
{
	(void)body;
}

/* Writes a message DeviceList, one device after the other. */
struct list_writer {
	void (*add)(struct strbuf *body, const ProtobufCMessage *device);
	void (*end)(struct strbuf *body);
	bool serials;	/* devices have their serial numbers */
	bool coverages; /* all devices that are present are there, with their coverage */
};

static int begin(const struct page_format *format, const struct snapshot *s)
{
	const struct list_writer *writer = format->own;
	int err = requesters_fill(&requesters, s->devices, s->num_devices);

	next = 0;
	judged = health_watch_knows(s->module.instance);
	if (!err && writer->coverages)
		err = metric_devices_build(&present, s, SIZE_MAX);
	return err;
}

static void end(void)
{
	metric_devices_release(&present);
}

static void add(const struct list_writer *writer, const struct snapshot *s,
		struct device_message *m, const struct device_counts *counts, struct strbuf *body)
{
	message_device_cards(m, &requesters, s->devices, counts);
	if (!writer->serials)
		m->identity.msg.serial = NULL;
	writer->add(body, &m->msg.base);
}

/* Adds the next device that has had faults. */
static void add_counted(const struct list_writer *writer, const struct snapshot *s,
			struct strbuf *body)
{
	const struct device_counts *counts = &s->devices[next++];
	struct device_message m;

	if (counts_are_quiet(counts))
		return;
	message_device(
		&m, counts,
		metric_health(counts, s,
			      judged ? health_watch_state(&counts->address) : HEALTH_UNKNOWN));
	add(writer, s, &m, counts, body);
}

/* Adds the next device that is present or has had faults. */
static void add_present(const struct list_writer *writer, const struct snapshot *s,
			struct strbuf *body)
{
	const struct metric_device *device = &present.list[next++];
	bool in_sysfs = device->pci && !device->pci->removed_ns;
	struct device_counts counts = *device->counts;
	struct coverage_device coverage;
	struct device_message m;

	if (!in_sysfs && counts_are_quiet(&counts))
		return;
	if (in_sysfs) {
		counts.address = device->pci->address;
		counts.present = true;
	}
	message_device(&m, &counts, metric_device_health(device));
	if (in_sysfs) {
		coverage = metric_coverage(device->counts, device->pci, device->module);
		message_device_coverage(&m, &coverage, device->module);
		message_device_requesters(&m, device->aliases, device->num_aliases);
	}
	add(writer, s, &m, &counts, body);
}

static bool step(const struct page_format *format, const struct snapshot *s, struct strbuf *body)
{
	const struct list_writer *writer = format->own;
	size_t count = writer->coverages ? present.count : s->num_devices;

	for (int i = 0; i < DEVICES_PER_STEP && next < count; i++)
		(writer->coverages ? add_present : add_counted)(writer, s, body);
	if (next < count)
		return true;
	writer->end(body);
	return false;
}

#define WRITERS(serials, coverages)                                                                \
	{                                                                                          \
		{ add_json, end_json, serials, coverages },                                        \
			{ add_protobuf, end_protobuf, serials, coverages },                        \
	}

static const struct list_writer writers[4][2] = {
	WRITERS(false, false),
	WRITERS(true, false),
	WRITERS(false, true),
	WRITERS(true, true),
};

#define FORMATS(w)                                                                                 \
	{                                                                                          \
		{ HTTP_JSON, &writers[w][0], begin, step, end },                                   \
			{ HTTP_PROTOBUF, &writers[w][1], begin, step, end },                       \
	}

/* The second index is that of http_json_or_protobuf. */
static const struct page_format formats[4][2] = { FORMATS(0), FORMATS(1), FORMATS(2), FORMATS(3) };

static int parse_coverage(void *into, const char *value, uint64_t now_real_ns)
{
	bool *with_coverage = into;

	(void)now_real_ns;
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	*with_coverage = *value == '1';
	return 0;
}

static const struct http_parameter parameters[] = {
	{ .name = "coverage",
	  .parse = parse_coverage,
	  .expected = "0 or 1",
	  .value = "1",
	  .meaning =
		  "List all PCI devices that are present, with and without faults, each with its "
		  "coverage for each kind of fault ([coverage.md](coverage.md)), and with the "
		  "other requester ids that it may fault under. They are listed "
		  "without the kernel module too." },
	{ .name = NULL },
};

static const struct page_kind kind = { LIMITS_DEVICES, NULL };

static void answer(struct http_request *request)
{
	bool with_coverage = false;
	int chosen;

	if (!http_read_query(request, &with_coverage))
		return;
	chosen = http_choose(request);
	if (chosen >= 0)
		page_answer(request, &kind,
			    &formats[serial_is_shown(request) + 2 * with_coverage][chosen]);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the devices, none while the kernel module is not loaded; compressed with "
		       "gzip if `Accept-Encoding` asks for it" },
	{ MHD_HTTP_BAD_REQUEST, "the query has another parameter or value" },
	{ MHD_HTTP_NOT_ACCEPTABLE, "`Accept` allows none of the formats" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, PAGE_UNAVAILABLE },
	{ 0 },
};

const struct http_route endpoint_devices[] = {
	{ .path = "/v1/devices",
	  .answer = answer,
	  .title = "Devices",
	  .summary = "The devices that have had faults, with the kernel's counters and with their "
		     "health as far as it is known: a message `faultcast.v1.DeviceList` "
		     "(`proto/faultcast/v1/device.proto`).",
	  .formats = http_json_or_protobuf,
	  .parameters = parameters,
	  .statuses = statuses },
	{ .path = NULL },
};
