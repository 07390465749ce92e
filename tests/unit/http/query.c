// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the query of /v1/events becomes the matching stream request. An invalid query
 * gets one line that names the parameter, its value and the expected value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/query.h"
#include "http/target.h"
#include "model/address.h"
#include "model/cursor.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND 1000000000ULL
#define NOW (1795374000 * SECOND)

/* @query is what stands behind "?" in the URL. */
static int ask(const char *query, const char *last_event_id, struct stream_request *request,
	       struct strbuf *error)
{
	struct target target = { 0 };
	char text[1024];
	int err;

	*request = (struct stream_request){ .encoding = STREAM_PROTOBUF };
	snprintf(text, sizeof(text), "/v1/events?%s", query);
	err = target_parse(&target, text, error);
	if (!err)
		err = parameters_read(query_parameters, request, &target, NOW, error);
	target_free(&target);
	if (!err)
		err = query_last_event_id(request, last_event_id, error);
	return err ? err : query_finish(request, error);
}

static struct stream_request good(const char *query, const char *last_event_id)
{
	struct strbuf error = STRBUF_INIT;
	struct stream_request request;

	if (ask(query, last_event_id, &request, &error))
		fail_msg("%s: %s", query, strbuf_str(&error));
	assert_int_equal(error.len, 0);
	assert_int_equal(request.encoding, STREAM_PROTOBUF);
	return request;
}

static void nothing_is_everything(void **state)
{
	struct stream_request request = good("", NULL);

	(void)state;
	assert_int_equal(request.start, STREAM_OLDEST);
	assert_false(request.follow);
	assert_int_equal(request.limit, 0);
	assert_true(filter_is_all(&request.filter));
}

static const struct {
	const char *query;
	const char *last_event_id;
	enum stream_start start;
	struct cursor after;
} starts[] = {
	{ "after=", NULL, STREAM_OLDEST, { 0 } },
	{ "after", NULL, STREAM_OLDEST, { 0 } },
	{ "after=latest", NULL, STREAM_LATEST, { 0 } },
	{ "after=ab.12.3", NULL, STREAM_AFTER, { 0xab, 12, 3 } },
	{ "after=l%61test", NULL, STREAM_LATEST, { 0 } },
	{ "", "ab.12.3", STREAM_AFTER, { 0xab, 12, 3 } },
	{ "", "latest", STREAM_LATEST, { 0 } },
	{ "after=latest", "", STREAM_LATEST, { 0 } },
	{ "after=latest", "ab.12.3", STREAM_AFTER, { 0xab, 12, 3 } },
	{ "after=cd.1.0", "ab.12.3", STREAM_AFTER, { 0xab, 12, 3 } },
};

static void starts_where_it_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct stream_request request = good(starts[i].query, starts[i].last_event_id);

		assert_int_equal(request.start, starts[i].start);
		assert_int_equal(request.after.instance, starts[i].after.instance);
		assert_int_equal(request.after.seq, starts[i].after.seq);
		assert_int_equal(request.after.sub, starts[i].after.sub);
	}
}

static void reads_all(void **state)
{
	struct stream_request request = good(
		"follow=1&device=0001:03:00.0&kind=aer,link&limit=10&device=platform/mmu&"
		"kind=suppressed&since=24h&device=unknown&kind=aer",
		NULL);

	(void)state;
	assert_true(request.follow);
	assert_int_equal(request.limit, 10);
	assert_int_equal(request.filter.num_devices, 3);
	assert_int_equal(request.filter.devices[0].type, ADDRESS_PCI);
	assert_int_equal(request.filter.devices[0].segment, 1);
	assert_int_equal(request.filter.devices[0].bdf, 0x0300);
	assert_int_equal(request.filter.devices[1].type, ADDRESS_NAME);
	assert_string_equal(request.filter.devices[1].name, "platform/mmu");
	assert_int_equal(request.filter.devices[2].type, ADDRESS_UNKNOWN);
	assert_int_equal(request.filter.kinds, 1U << FAULTCAST_KIND_AER |
						       1U << FAULTCAST_KIND_LINK |
						       1U << FAULTCAST_KIND_SUPPRESSED);
	assert_int_equal(request.filter.since_ns, NOW - 86400 * SECOND);
	assert_int_equal(request.filter.until_ns, 0);
}

static void reads_bounds(void **state)
{
	struct stream_request request = good("since=100&until=100.000000001&follow=0&limit=1", "");

	(void)state;
	assert_false(request.follow);
	assert_int_equal(request.limit, 1);
	assert_int_equal(request.filter.since_ns, 100 * SECOND);
	assert_int_equal(request.filter.until_ns, 100 * SECOND + 1);
	request = good("limit=4294967296&since=0&until=1s", NULL);
	assert_int_equal(request.limit, 4294967296);
	assert_int_equal(request.filter.since_ns, 0);
	assert_int_equal(request.filter.until_ns, NOW - SECOND);
	request = good("since=2026-11-22T19:00:00+01:00", NULL);
	assert_int_equal(request.filter.since_ns, 1795370400 * SECOND);
}

#define KINDS                                                                                      \
	"io_page_fault, interrupt_remapping, aer, link, hotplug, suppressed, iommu_error, dpc, "   \
	"recovery"
#define TIMES "2026-01-31T12:00:00Z, seconds since 1970, or how long ago: 90s, 15m, 24h, 7d"
#define DEVICES "0000:03:00.0, bus/name or unknown, and 16 at most"
#define LIMITS "a number of events from 1 to 4294967296"

static const struct {
	const char *query;
	const char *last_event_id;
	const char *error;
} refused[] = {
	{ "after=now", NULL, "after=now: expected a cursor (hex.dec.dec) or latest" },
	{ "after=latest", "1.2", "Last-Event-ID: 1.2: expected a cursor (hex.dec.dec) or latest" },
	{ "follow=yes", NULL, "follow=yes: expected 0 or 1" },
	{ "follow", NULL, "follow=: expected 0 or 1" },
	{ "follow=01", NULL, "follow=01: expected 0 or 1" },
	{ "device=", NULL, "device=: expected " DEVICES },
	{ "device=0000:03:00", NULL, "device=0000:03:00: expected " DEVICES },
	{ "device=overflow", NULL, "device=overflow: expected " DEVICES },
	{ "kind=", NULL, "kind=: expected some of " KINDS },
	{ "kind=aer,", NULL, "kind=aer,: expected some of " KINDS },
	{ "kind=,aer", NULL, "kind=,aer: expected some of " KINDS },
	{ "kind=aer;link", NULL, "kind=aer;link: expected some of " KINDS },
	{ "kind=unknown", NULL, "kind=unknown: expected some of " KINDS },
	{ "limit=0", NULL, "limit=0: expected " LIMITS },
	{ "limit=4294967297", NULL, "limit=4294967297: expected " LIMITS },
	{ "limit=-1", NULL, "limit=-1: expected " LIMITS },
	{ "limit=0x10", NULL, "limit=0x10: expected " LIMITS },
	{ "limit=010", NULL, "limit=010: expected " LIMITS },
	{ "limit=1&limit=2", NULL, "limit=2: expected one value of limit" },
	{ "follow=1&kind=aer&follow=1", NULL, "follow=1: expected one value of follow" },
	{ "after=&after=latest", NULL, "after=latest: expected one value of after" },
	{ "since=", NULL, "since=: expected " TIMES },
	{ "since=yesterday", NULL, "since=yesterday: expected " TIMES },
	{ "until=now", NULL, "until=now: expected " TIMES },
	{ "until=0", NULL, "until=0: expected " TIMES },
	{ "until=1h&follow=1", NULL, "until= and follow=1: a stream that follows has no end" },
	{ "since=1h&until=2h", NULL, "since= and until=: expected since to be before until" },
	{ "since=5&until=5", NULL, "since= and until=: expected since to be before until" },
	{ "colour=red", NULL,
	  "unknown parameter colour: there are after, follow, device, kind, limit, since, until" },
	{ "After=1", NULL,
	  "unknown parameter After: there are after, follow, device, kind, limit, since, until" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct strbuf error = STRBUF_INIT;
		struct stream_request request;

		if (!ask(refused[i].query, refused[i].last_event_id, &request, &error))
			fail_msg("%s was not refused", refused[i].query);
		assert_string_equal(strbuf_str(&error), refused[i].error);
		strbuf_free(&error);
	}
}

static void refuses_too_many_devices(void **state)
{
	struct strbuf query = STRBUF_INIT, error = STRBUF_INIT;
	struct stream_request request;

	(void)state;
	for (int i = 0; i < FILTER_DEVICES_MAX; i++)
		strbuf_adds(&query, "device=0000:03:00.0&");
	assert_int_equal(ask(strbuf_str(&query), NULL, &request, &error), 0);
	strbuf_adds(&query, "device=0000:03:00.1");
	assert_int_equal(ask(strbuf_str(&query), NULL, &request, &error), -EINVAL);
	assert_string_equal(strbuf_str(&error), "device=0000:03:00.1: expected " DEVICES);
	assert_int_equal(request.filter.num_devices, FILTER_DEVICES_MAX);
	strbuf_free(&query);
	strbuf_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_everything),
		cmocka_unit_test(starts_where_it_is_told),
		cmocka_unit_test(reads_all),
		cmocka_unit_test(reads_bounds),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_too_many_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
