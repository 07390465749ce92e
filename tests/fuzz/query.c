// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no query and no Last-Event-ID makes their readers misbehave. A refused request
 * gets a reason, and an accepted one asks the stream only for things that it supports.
 */
#include "http/query.h"

#include "fuzz.h"
#include "model/address.h"

#define NOW 1795374000000000000ULL
#define LIMIT_MAX (1ULL << 32)

static void require_sound(const struct stream_request *request)
{
	const struct event_filter *filter = &request->filter;
	struct address back;
	char text[ADDRESS_LEN];

	REQUIRE(request->start != STREAM_AFTER || request->after.instance);
	REQUIRE(request->limit <= LIMIT_MAX);
	REQUIRE(!(filter->kinds & ~((2U << FAULTCAST_KIND_MAX) - 2)));
	REQUIRE(!filter->until_ns || (!request->follow && filter->since_ns < filter->until_ns));
	REQUIRE(filter->num_devices <= FILTER_DEVICES_MAX);
	for (size_t i = 0; i < filter->num_devices; i++) {
		address_format(&filter->devices[i], text);
		REQUIRE(!address_parse(text, &back) && address_equal(&filter->devices[i], &back));
		REQUIRE(filter_matches_device(filter, &back));
	}
}

/* @text is "key=value&key=value", already decoded. */
static int read_arguments(char *text, struct stream_request *request, struct strbuf *error)
{
	int err = 0;

	while (!err && text) {
		char *value = strsep(&text, "&"), *key = strsep(&value, "=");

		err = query_argument(request, key, value ? value : "", NOW, error);
	}
	return err;
}

/* The input is the query, followed by a line break and the header. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct stream_request request = { 0 };
	struct strbuf error = STRBUF_INIT;
	char *text = strndup((const char *)bytes, len), *id = text, *arguments;
	int err = 0;

	arguments = strsep(&id, "\n");
	if (*arguments)
		err = read_arguments(arguments, &request, &error);
	if (!err)
		err = query_last_event_id(&request, id, &error);
	if (!err)
		err = query_finish(&request, &error);
	REQUIRE(!err || err == -EINVAL);
	REQUIRE(!err == !error.len && !error.failed);
	if (!err)
		require_sound(&request);
	strbuf_free(&error);
	free(text);
	return 0;
}
