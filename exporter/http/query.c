// SPDX-License-Identifier: GPL-2.0-or-later
#include "query.h"

#include <errno.h>
#include <string.h>

#include "base/options.h"
#include "base/time_text.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/names.h"

#define LIMIT_MAX (1ULL << 32)
#define CURSOR_EXPECTED "a cursor (hex.dec.dec) or latest"
#define STRINGIFY(x) #x
#define NUMBER_TEXT(macro) STRINGIFY(macro)

static int parse_after(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;

	(void)now_real_ns;
	/* A heartbeat that was sent before there was any event has an empty cursor. */
	if (!*value)
		request->start = STREAM_OLDEST;
	else if (!strcmp(value, "latest"))
		request->start = STREAM_LATEST;
	else if (!cursor_parse(value, &request->after))
		request->start = STREAM_AFTER;
	else
		return -EINVAL;
	return 0;
}

static int parse_follow(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;

	(void)now_real_ns;
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	request->follow = *value == '1';
	return 0;
}

static int parse_device(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;
	struct event_filter *filter = &request->filter;

	(void)now_real_ns;
	if (filter->num_devices == FILTER_DEVICES_MAX ||
	    address_parse(value, &filter->devices[filter->num_devices]))
		return -EINVAL;
	filter->num_devices++;
	return 0;
}

static int parse_kinds(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;
	uint32_t kinds = 0;

	(void)now_real_ns;
	for (;; value++) {
		size_t len = strcspn(value, ",");
		uint32_t kind = kind_parse(value, len);

		if (!kind)
			return -EINVAL;
		kinds |= 1U << kind;
		value += len;
		if (!*value)
			break;
	}
	request->filter.kinds |= kinds;
	return 0;
}

static int parse_limit(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;

	(void)now_real_ns;
	/* Neither "0x10" nor "010". */
	if (*value == '0')
		return -EINVAL;
	return options_number(value, 1, LIMIT_MAX, &request->limit);
}

static int parse_since(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;

	return time_parse(value, now_real_ns, &request->filter.since_ns);
}

static int parse_until(void *into, const char *value, uint64_t now_real_ns)
{
	struct stream_request *request = into;
	uint64_t until;
	int err = time_parse(value, now_real_ns, &until);

	/* 0 would mean no bound.  It is 1970, which is before any event. */
	if (err || !until)
		return -EINVAL;
	request->filter.until_ns = until;
	return 0;
}

static void add_kinds(struct strbuf *error)
{
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		strbuf_addf(error, "%s%s", kind > 1 ? ", " : "", kind_name(kind));
}

const struct http_parameter query_parameters[] = {
	{ .name = "after",
	  .parse = parse_after,
	  .expected = CURSOR_EXPECTED,
	  .value = "CURSOR",
	  .meaning =
		  "Only messages after this cursor. If some of them are no longer retained, a gap "
		  "comes first. `after=latest`: only new messages. `after=`: all retained "
		  "messages, because a heartbeat before the first event has an empty cursor." },
	{ .name = "follow",
	  .parse = parse_follow,
	  .expected = "0 or 1",
	  .value = "1",
	  .meaning = "Stay connected and wait for more. Without it, the answer ends with the last "
		     "message that is retained." },
	{ .name = "device",
	  .parse = parse_device,
	  .repeats = true,
	  .expected = "0000:03:00.0, bus/name or unknown, and " NUMBER_TEXT(
		  FILTER_DEVICES_MAX) " at most",
	  .value = "0000:03:00.0",
	  .meaning = "Only messages of this device. A device that is not PCI is `bus/name`; "
		     "`unknown` is a device that the kernel could not name. May be given "
		     "up to " NUMBER_TEXT(FILTER_DEVICES_MAX) " times, for several devices." },
	{ .name = "kind",
	  .parse = parse_kinds,
	  .repeats = true,
	  .expected = "some of ",
	  .add_expected = add_kinds,
	  .value = "KIND,KIND",
	  .meaning = "Only events of these kinds: `io_page_fault`, `interrupt_remapping`, `aer`, "
		     "`link`, `hotplug`, `suppressed`, `iommu_error`, `dpc`, `recovery`. May be "
		     "given several times." },
	{ .name = "limit",
	  .parse = parse_limit,
	  .expected = "a number of events from 1 to 4294967296",
	  .value = "N",
	  .meaning = "End after N events, with or without `follow=1`." },
	{ .name = "since",
	  .parse = parse_since,
	  .expected = TIME_EXPECTED,
	  .value = "TIME",
	  .meaning = "Only messages from this time or later: RFC 3339 "
		     "(`2026-01-31T12:00:00Z`), Unix seconds, or how long ago (`90s`, `15m`, "
		     "`24h`, `7d`)." },
	{ .name = "until",
	  .parse = parse_until,
	  .expected = TIME_EXPECTED,
	  .value = "TIME",
	  .meaning = "Only messages from before this time; not together with `follow=1`." },
	{ .name = NULL },
};

int query_last_event_id(struct stream_request *request, const char *value, struct strbuf *error)
{
	if (!value || !*value || !parse_after(request, value, 0))
		return 0;
	strbuf_addf(error, "Last-Event-ID: %s: expected " CURSOR_EXPECTED, value);
	return -EINVAL;
}

int query_finish(const struct stream_request *request, struct strbuf *error)
{
	const struct event_filter *filter = &request->filter;

	if (filter->until_ns && request->follow)
		strbuf_adds(error, "until= and follow=1: a stream that follows has no end");
	else if (filter->until_ns && filter->since_ns >= filter->until_ns)
		strbuf_adds(error, "since= and until=: expected since to be before until");
	else
		return 0;
	return -EINVAL;
}
