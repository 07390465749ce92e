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

static int parse_after(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	(void)now_real_ns;
	/* Empty is the cursor of a time when there was none. */
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

static int parse_follow(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	(void)now_real_ns;
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	request->follow = *value == '1';
	return 0;
}

static int parse_device(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	struct event_filter *filter = &request->filter;

	(void)now_real_ns;
	if (filter->num_devices == FILTER_DEVICES_MAX ||
	    address_parse(value, &filter->devices[filter->num_devices]))
		return -EINVAL;
	filter->num_devices++;
	return 0;
}

static int parse_kinds(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
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

static int parse_limit(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	(void)now_real_ns;
	return options_number(value, 1, LIMIT_MAX, &request->limit);
}

static int parse_since(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	return time_parse(value, now_real_ns, &request->filter.since_ns);
}

static int parse_until(struct stream_request *request, const char *value, uint64_t now_real_ns)
{
	uint64_t until;
	int err = time_parse(value, now_real_ns, &until);

	/* 1970 itself, which would mean no bound, is before any event. */
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

static const struct parameter {
	const char *name;
	int (*parse)(struct stream_request *request, const char *value, uint64_t now_real_ns);
	const char *expected;
	void (*add_expected)(struct strbuf *error); /* more of it */
} parameters[] = {
	{ "after", parse_after, CURSOR_EXPECTED, NULL },
	{ "follow", parse_follow, "0 or 1", NULL },
	{ "device", parse_device,
	  "0000:03:00.0, bus/name or unknown, and " NUMBER_TEXT(FILTER_DEVICES_MAX) " at most",
	  NULL },
	{ "kind", parse_kinds, "some of ", add_kinds },
	{ "limit", parse_limit, "a number of events from 1 to 4294967296", NULL },
	{ "since", parse_since, TIME_EXPECTED, NULL },
	{ "until", parse_until, TIME_EXPECTED, NULL },
};

#define NUM_PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int refuse(const struct parameter *parameter, const char *value, struct strbuf *error)
{
	strbuf_addf(error, "%s=%s: expected %s", parameter->name, value, parameter->expected);
	if (parameter->add_expected)
		parameter->add_expected(error);
	return -EINVAL;
}

static int refuse_unknown(const char *key, struct strbuf *error)
{
	strbuf_addf(error, "unknown parameter %s: there are", key);
	for (size_t i = 0; i < NUM_PARAMETERS; i++)
		strbuf_addf(error, "%s %s", i ? "," : "", parameters[i].name);
	return -EINVAL;
}

int query_argument(struct stream_request *request, const char *key, const char *value,
		   uint64_t now_real_ns, struct strbuf *error)
{
	for (size_t i = 0; i < NUM_PARAMETERS; i++) {
		if (strcmp(parameters[i].name, key) != 0)
			continue;
		if (parameters[i].parse(request, value, now_real_ns))
			return refuse(&parameters[i], value, error);
		return 0;
	}
	return refuse_unknown(key, error);
}

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
