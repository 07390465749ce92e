// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: a client gets the representation that its Accept header prefers (RFC 9110 12.5.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/accept.h"

static const char *const offers[] = { "application/x-ndjson", "application/x-protobuf", NULL };

static const struct {
	const char *header;
	int chosen;
} cases[] = {
	{ NULL, 0 },
	{ "", 0 },
	{ "  ", 0 },
	{ "*/*", 0 },
	{ "application/x-protobuf", 1 },
	{ "APPLICATION/X-Protobuf", 1 },
	{ "application/*", 0 },
	{ "application/x-ndjson;q=0.5, application/x-protobuf", 1 },
	{ "application/x-ndjson ; q=0.5 , application/x-protobuf ; q=0.4", 0 },
	{ "*/*;q=0.1, application/x-protobuf;q=0.2", 1 },
	/* The most specific range decides, not the first one. */
	{ "*/*, application/x-ndjson;q=0", 1 },
	{ "application/*;q=0.3, application/x-ndjson;q=0.1", 1 },
	{ "application/x-protobuf;proto=x;encoding=delimited;q=0.9, text/plain", 1 },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0 },
	{ "application/x-protobuf;q=0", -1 },
	{ "*/*;q=0", -1 },
	{ "image/png", -1 },
	{ "application/x-protobufs", -1 },
	{ "application/x-proto", -1 },
	{ "*/json", -1 },
	{ ",,,", 0 },
	/* A quality that cannot be parsed counts as 1. */
	{ "application/x-ndjson;q=0.9, application/x-protobuf;q=banana", 1 },
	{ "application/x-ndjson;q=0.9, application/x-protobuf;q=", 1 },
	{ ";;;q=1, application/x-protobuf", 1 },
	/* A parameter without a value is ignored, also at the very end of the header. */
	{ "application/x-protobuf;foo", 1 },
	{ "application/x-protobuf; q", 1 },
	{ "application/x-protobuf;=", 1 },
};

static void chooses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int chosen = accept_choose(cases[i].header, offers);

		if (chosen != cases[i].chosen)
			fail_msg("\"%s\": got %d, expected %d", cases[i].header, chosen,
				 cases[i].chosen);
	}
}

/* The formats of /metrics, and the headers that Prometheus 2.42, Prometheus 3.0 and curl send. */
static const char *const metrics[] = {
	"text/plain; version=0.0.4; charset=utf-8",
	"application/openmetrics-text; version=1.0.0; charset=utf-8",
	"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
	"encoding=delimited",
	NULL,
};

#define PROTO "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"

static const struct {
	const char *header;
	int chosen;
} metrics_cases[] = {
	{ NULL, 0 },
	{ "*/*", 0 },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0 },
	{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	  1 },
	{ PROTO ";encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
		"application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
		"*/*;q=0.1",
	  2 },
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
	  "application/openmetrics-text;version=0.0.1;q=0.4,"
	  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
	  "*/*;q=0.1",
	  1 },
	{ "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.9,text/plain;version=0.0.4;q=0.2,"
	  "application/openmetrics-text;q=0.1",
	  0 },
	{ "application/openmetrics-text", 1 },
	{ "application/openmetrics-text; version=\"1.0.0\"; charset=UTF-8", 1 },
	{ "application/openmetrics-text;version=0.0.1", -1 },
	{ "application/openmetrics-text;version=1.0.0;q=0", -1 },
	{ "application/openmetrics-text;version=1.0.0;q=0,*/*;q=0.1", 0 },
	{ PROTO ";encoding=text", -1 },
	{ PROTO ";encoding=compact-text;q=0.9,text/plain;q=0.1", 0 },
	{ "application/vnd.google.protobuf;proto=some.Other;encoding=delimited,text/*;q=0.1", 0 },
	{ "application/vnd.google.protobuf;encoding=delimited ; x ; q=0.2 ; foo=bar", 2 },
	/* A range with more parameters is more specific. */
	{ "text/plain;version=0.0.4;q=0.1, text/plain;q=0.9, application/openmetrics-text;q=0.5",
	  1 },
};

static void chooses_by_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(metrics_cases) / sizeof(metrics_cases[0]); i++) {
		int chosen = accept_choose(metrics_cases[i].header, metrics);

		if (chosen != metrics_cases[i].chosen)
			fail_msg("\"%s\": got %d, expected %d", metrics_cases[i].header, chosen,
				 metrics_cases[i].chosen);
	}
}

static const struct {
	const char *header;
	bool gzip;
} codings[] = {
	{ NULL, false },
	{ "", false },
	{ "gzip", true },
	{ "GZIP", true },
	{ "deflate, gzip;q=0.5", true },
	{ "gzip;q=0", false },
	{ "gzip;q=0.0, *", false },
	{ "*", true },
	{ "*;q=0", false },
	{ "identity", false },
	{ "gzip;q=0.5, identity", false },
	{ "identity;q=0.5, gzip;q=0.6", true },
	{ "gzipped", false },
	{ "br", false },
	{ "gzip;q", true },
};

static void likes_gzip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++)
		if (accept_gzip(codings[i].header) != codings[i].gzip)
			fail_msg("\"%s\": got %d", codings[i].header, !codings[i].gzip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses),
		cmocka_unit_test(chooses_by_parameters),
		cmocka_unit_test(likes_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
