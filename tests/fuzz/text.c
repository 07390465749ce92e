// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no text makes the readers of cursors, addresses, times, numbers, kinds and
 * Accept headers misbehave. Accepted text is read back the same, and refused with one
 * more letter.
 */
#include <time.h>

#include "base/options.h"
#include "base/time_text.h"
#include "fuzz.h"
#include "http/accept.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/names.h"

#define NOW 1795374000123456789ULL

static void try_cursor(const char *text, const char *longer)
{
	struct cursor cursor;
	char back[CURSOR_LEN];

	if (cursor_parse(text, &cursor))
		return;
	cursor_format(&cursor, back);
	REQUIRE(!strcmp(back, text));
	REQUIRE(cursor_parse(longer, &cursor));
}

static void try_address(const char *text)
{
	struct address address, back;
	char again[ADDRESS_LEN];

	if (!address_parse_pci(text, &address))
		REQUIRE(address.type == ADDRESS_PCI);
	if (address_parse(text, &address))
		return;
	REQUIRE_STRING(address.name);
	address_format(&address, again);
	REQUIRE(!address_parse(again, &back) && address_equal(&address, &back));
}

/* Compares with libc for texts that libc can parse: whole seconds in RFC 3339 without an offset. */
static void require_libc_agrees(const char *text, uint64_t real_ns)
{
	time_t seconds = (time_t)(real_ns / 1000000000);
	char date[32];
	struct tm tm;

	if (!text[strspn(text, "0123456789")]) {
		errno = 0;
		REQUIRE(strtoull(text, NULL, 10) == (uint64_t)seconds && !errno);
	}
	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	/* libc does not print leap seconds. */
	if (text[strspn(text, "0123456789-:T.")] == 'Z' && !strstr(text, ":60"))
		REQUIRE(!strncmp(text, date, strlen(date)));
}

static void try_time(const char *text, const char *longer)
{
	uint64_t real_ns = 7, again;
	char seconds[48];

	if (time_parse(text, NOW, &real_ns)) {
		REQUIRE(real_ns == 7);
		return;
	}
	require_libc_agrees(text, real_ns);
	snprintf(seconds, sizeof(seconds), "%llu.%09llu",
		 (unsigned long long)(real_ns / 1000000000),
		 (unsigned long long)(real_ns % 1000000000));
	REQUIRE(!time_parse(seconds, NOW, &again) && again == real_ns);
	REQUIRE(time_parse(longer, NOW, &again));
}

static void try_number(const char *text, const char *longer)
{
	uint64_t value = 0;

	if (options_number(text, 10, 1 << 20, &value))
		return;
	REQUIRE(value >= 10 && value <= 1 << 20);
	REQUIRE(options_number(longer, 0, UINT64_MAX, &value));
}

static void try_kind(const char *text)
{
	uint32_t kind = kind_parse(text, strlen(text));

	REQUIRE(kind <= FAULTCAST_KIND_MAX);
	REQUIRE(!kind || !strcmp(kind_name(kind), text));
}

static void try_accept(const char *text)
{
	static const char *const offers[] = { "application/x-ndjson", "application/x-protobuf",
					      "text/event-stream", NULL };
	int chosen = accept_choose(text, offers);

	REQUIRE(chosen >= -1 && chosen < 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = strndup((const char *)bytes, len);
	size_t size = strlen(text) + 2;
	char *longer = malloc(size);

	snprintf(longer, size, "%sx", text);
	try_cursor(text, longer);
	try_address(text);
	try_time(text, longer);
	try_number(text, longer);
	try_kind(text);
	try_accept(text);
	free(longer);
	free(text);
	return 0;
}
