// SPDX-License-Identifier: GPL-2.0-or-later
/* GET /v1/devices: the devices that the kernel module has counted faults of, and their health. */
#include <errno.h>
#include <stdlib.h>

#include "answer.h"
#include "counters.h"
#include "health/watch.h"
#include "parameter.h"
#include "routes.h"
#include "wire/encode.h"

/* Returns the number of devices in the list. */
static size_t fill(struct device_message *messages, Faultcast__V1__Device **list,
		   const struct snapshot *snapshot)
{
	const bool judged = health_watch_knows(snapshot->module.instance);
	size_t n = 0;

	for (size_t i = 0; i < snapshot->num_devices; i++) {
		const struct device_counts *device = &snapshot->devices[i];

		if (counts_are_quiet(device))
			continue;
		message_device(&messages[n], device,
			       judged ? health_watch_state(&device->address) : HEALTH_UNKNOWN);
		list[n] = &messages[n].msg;
		n++;
	}
	return n;
}

static void answer_counters(struct http_request *request, const struct snapshot *snapshot)
{
	int format = http_choose(request);
	Faultcast__V1__DeviceList msg = FAULTCAST__V1__DEVICE_LIST__INIT;
	struct device_message *messages;

	if (format < 0)
		return;
	messages = calloc(snapshot->num_devices + 1, sizeof(*messages));
	msg.devices = calloc(snapshot->num_devices + 1, sizeof(*msg.devices));
	if (messages && msg.devices) {
		msg.n_devices = fill(messages, msg.devices, snapshot);
		http_answer_message(request, &msg.base, format);
	} else {
		counters_answer_error(request, -ENOMEM);
	}
	free(messages);
	free(msg.devices);
}

static void answer(struct http_request *request)
{
	if (http_read_query(request, NULL))
		counters_then(request, answer_counters);
}

static const struct http_status statuses[] = {
	{ MHD_HTTP_OK, "the devices; none while the kernel module is not loaded" },
	{ MHD_HTTP_BAD_REQUEST, "the query has a parameter" },
	{ MHD_HTTP_NOT_ACCEPTABLE, "`Accept` allows none of the formats" },
	{ MHD_HTTP_SERVICE_UNAVAILABLE, "the kernel module's counters cannot be read" },
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
