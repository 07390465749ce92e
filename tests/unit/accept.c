// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: the representation a client gets is the one its Accept header likes best (RFC
 * 9110 12.5.1). */
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
	/* The most exact range decides, not the first. */
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
	/* What cannot be read counts as 1. */
	{ "application/x-ndjson;q=0.9, application/x-protobuf;q=banana", 1 },
	{ "application/x-ndjson;q=0.9, application/x-protobuf;q=", 1 },
	{ ";;;q=1, application/x-protobuf", 1 },
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(chooses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
