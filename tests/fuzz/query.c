// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no target of a request and no Last-Event-ID makes their readers misbehave. A refused
 * request gets a reason, and an accepted one asks the stream only for things that it supports.
 */
#include "http/query.h"

#include "base/utf8.h"
#include "fuzz.h"
#include "http/target.h"
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

static void require_text(const char *text)
{
	for (; *text; text += utf8_len(text))
		REQUIRE(utf8_len(text) && (unsigned char)*text >= ' ' && *text != 0x7f);
}

static void require_decoded(const struct target *target)
{
	const char *at = target->arguments, *key, *value;

	require_text(target->path);
	for (size_t i = 0; i < target->num_arguments; i++) {
		at = target_argument(at, &key, &value);
		require_text(key);
		require_text(value);
	}
}

static int read_target(const char *raw, struct stream_request *request, struct strbuf *error)
{
	struct target target = { 0 };
	int err = target_parse(&target, raw, error);

	if (!err) {
		require_decoded(&target);
		err = parameters_read(query_parameters, request, &target, NOW, error);
	}
	target_free(&target);
	return err;
}

/* The input is the target, followed by a line break and the header. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct stream_request request = { 0 };
	struct strbuf error = STRBUF_INIT;
	char *text = strndup((const char *)bytes, len), *id = text;
	int err = read_target(strsep(&id, "\n"), &request, &error);

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
