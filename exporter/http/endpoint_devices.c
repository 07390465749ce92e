// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /v1/devices: the devices that the kernel module has counted faults of, and their health. */
#include "answer.h"
#include "base/json.h"
#include "health/watch.h"
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
	bool serials; /* devices have their serial numbers */
};

static int begin(const struct page_format *format, const struct snapshot *s)
{
	(void)format;
	next = 0;
	judged = health_watch_knows(s->module.instance);
	return requesters_fill(&requesters, s->devices, s->num_devices);
}

static bool step(const struct page_format *format, const struct snapshot *s, struct strbuf *body)
{
	const struct list_writer *writer = format->own;

	for (int i = 0; i < DEVICES_PER_STEP && next < s->num_devices; i++, next++) {
		const struct device_counts *device = &s->devices[next];
		struct device_message m;

		if (counts_are_quiet(device))
			continue;
		message_device(&m, device,
			       judged ? health_watch_state(&device->address) : HEALTH_UNKNOWN);
		message_device_cards(&m, &requesters, s->devices, device);
		if (!writer->serials)
			m.identity.msg.serial = NULL;
		writer->add(body, &m.msg.base);
	}
	if (next < s->num_devices)
		return true;
	writer->end(body);
	return false;
}

static const struct list_writer writers[2][2] = {
	{ { add_json, end_json, false }, { add_protobuf, end_protobuf, false } },
	{ { add_json, end_json, true }, { add_protobuf, end_protobuf, true } },
};

/*
 * The first index says whether devices have their serial numbers; the second one is that of
 * http_json_or_protobuf.
 */
static const struct page_format formats[2][2] = {
	{ { HTTP_JSON, &writers[0][0], begin, step, NULL },
	  { HTTP_PROTOBUF, &writers[0][1], begin, step, NULL } },
	{ { HTTP_JSON, &writers[1][0], begin, step, NULL },
	  { HTTP_PROTOBUF, &writers[1][1], begin, step, NULL } },
};

static const struct page_kind kind = { LIMITS_DEVICES, NULL };

static void answer(struct http_request *request)
{
	int chosen;

	if (!http_read_query(request, NULL))
		return;
	chosen = http_choose(request);
	if (chosen >= 0)
		page_answer(request, &kind, &formats[serial_is_shown(request)][chosen]);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the devices, none while the kernel module is not loaded; compressed with "
		       "gzip if `Accept-Encoding` asks for it" },
	{ MHD_HTTP_BAD_REQUEST, "the query has a parameter" },
	{ MHD_HTTP_NOT_ACCEPTABLE, "`Accept` allows none of the formats" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, PAGE_UNAVAILABLE },
	{ 0 },
};

const struct http_route endpoint_devices[] = {
	{ .path = "/v1/devices",
	  .answer = answer,
	  .title = "Devices",
	  .summary = "The devices that have had faults, with the kernel's counters and with their "
		     "health: a message `faultcast.v1.DeviceList` "
		     "(`proto/faultcast/v1/device.proto`).",
	  .formats = http_json_or_protobuf,
	  .parameters = parameter_none,
	  .statuses = statuses },
	{ .path = NULL },
};
