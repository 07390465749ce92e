// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cursor_format(const struct cursor *c, char out[CURSOR_LEN])
{
	if (!c->instance)
		out[0] = '\0';
	else
		snprintf(out, CURSOR_LEN, "%" PRIx64 ".%" PRIu64 ".%" PRIu64, c->instance, c->seq,
			 c->sub);
}

/* Digits only, no sign or space, no overflow; returns what follows, or NULL. */
static const char *parse_number(const char *text, int base, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)*text) || (text[0] == '0' && (text[1] | 32) == 'x'))
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return end == text || errno || *value > max ? NULL : end;
}

int cursor_parse(const char *text, struct cursor *cursor)
{
	const char *whole = text;
	struct cursor c = { 0 };
	char canonical[CURSOR_LEN];

	text = parse_number(text, 16, UINT64_MAX, &c.instance);
	if (!text || *text++ != '.' || !c.instance)
		return -EINVAL;
	text = parse_number(text, 10, UINT64_MAX, &c.seq);
	if (!text || *text++ != '.')
		return -EINVAL;
	text = parse_number(text, 10, CURSOR_SUB_END, &c.sub);
	if (!text || *text)
		return -EINVAL;
	/* One spelling each: a cursor identifies, so it must compare as text. */
	cursor_format(&c, canonical);
	if (strcmp(canonical, whole) != 0)
		return -EINVAL;
	*cursor = c;
	return 0;
}

static char *put_hex(char *at, uint32_t value, int digits)
{
	while (digits < 8 && value >> 4 * digits)
		digits++;
	while (digits--)
		*at++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return at;
}

/* By hand: each device of a scrape is formatted, and printf takes ten times as long. */
static void format_pci(const struct address *a, char *at)
{
	at = put_hex(at, a->segment, 4);
	*at++ = ':';
	at = put_hex(at, a->bdf >> 8, 2);
	*at++ = ':';
	at = put_hex(at, a->bdf >> 3 & 0x1f, 2);
	*at++ = '.';
	at = put_hex(at, a->bdf & 7, 1);
	*at = '\0';
}

void address_format(const struct address *a, char out[ADDRESS_LEN])
{
	switch (a->type) {
	case ADDRESS_PCI:
		format_pci(a, out);
		return;
	case ADDRESS_NAME:
		snprintf(out, ADDRESS_LEN, "%s", a->name);
		return;
	case ADDRESS_OVERFLOW:
		snprintf(out, ADDRESS_LEN, "overflow");
		return;
	case ADDRESS_UNKNOWN:
		break;
	}
	snprintf(out, ADDRESS_LEN, "unknown");
}

int address_parse_pci(const char *text, struct address *address)
{
	uint64_t part[4] = { 0 };
	const char *at = text;
	const char *colon = strchr(text, ':');
	bool has_segment = colon && strchr(colon + 1, ':');
	struct address a = { .type = ADDRESS_PCI };
	char canonical[ADDRESS_LEN];

	if (has_segment) {
		at = parse_number(at, 16, UINT32_MAX, &part[0]);
		if (!at || *at++ != ':')
			return -EINVAL;
	}
	at = parse_number(at, 16, 0xff, &part[1]);
	if (!at || *at++ != ':')
		return -EINVAL;
	at = parse_number(at, 16, 0x1f, &part[2]);
	if (!at || *at++ != '.')
		return -EINVAL;
	at = parse_number(at, 16, 7, &part[3]);
	if (!at || *at)
		return -EINVAL;
	a.segment = (uint32_t)part[0];
	a.bdf = (uint16_t)(part[1] << 8 | part[2] << 3 | part[3]);
	/* lspci's spelling, so that "1:2.3" is not taken for something it is not. */
	address_format(&a, canonical);
	if (strcmp(canonical + (has_segment ? 0 : strlen("0000:")), text) != 0)
		return -EINVAL;
	*address = a;
	return 0;
}

int address_parse(const char *text, struct address *address)
{
	const char *slash = strchr(text, '/');

	if (!strcmp(text, "unknown")) {
		*address = (struct address){ .type = ADDRESS_UNKNOWN };
		return 0;
	}
	if (!slash)
		return address_parse_pci(text, address);
	if (slash == text || !slash[1] || strlen(text) >= sizeof(address->name))
		return -EINVAL;
	*address = (struct address){ .type = ADDRESS_NAME };
	strcpy(address->name, text);
	return 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	switch (a->type) {
	case ADDRESS_PCI:
		if (a->segment != b->segment)
			return a->segment < b->segment ? -1 : 1;
		return a->bdf - b->bdf;
	case ADDRESS_NAME:
		return strcmp(a->name, b->name);
	case ADDRESS_UNKNOWN:
	case ADDRESS_OVERFLOW:
		break;
	}
	return 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return !address_compare(a, b);
}

static const char *const kind_names[FAULTCAST_KIND_MAX + 1] = {
	[FAULTCAST_KIND_UNSPEC] = "unknown",
	[FAULTCAST_KIND_IO_PAGE_FAULT] = "io_page_fault",
	[FAULTCAST_KIND_INTERRUPT_REMAPPING] = "interrupt_remapping",
	[FAULTCAST_KIND_AER] = "aer",
	[FAULTCAST_KIND_LINK] = "link",
	[FAULTCAST_KIND_HOTPLUG] = "hotplug",
	[FAULTCAST_KIND_SUPPRESSED] = "suppressed",
};

const char *kind_name(uint32_t kind)
{
	return kind_names[kind <= FAULTCAST_KIND_MAX ? kind : FAULTCAST_KIND_UNSPEC];
}

uint32_t kind_parse(const char *text, size_t len)
{
	for (uint32_t kind = FAULTCAST_KIND_MAX; kind; kind--)
		if (strlen(kind_names[kind]) == len && !memcmp(kind_names[kind], text, len))
			return kind;
	return FAULTCAST_KIND_UNSPEC;
}

static uint64_t sum(const uint64_t *counts, size_t n)
{
	uint64_t total = 0;

	while (n)
		total += counts[--n];
	return total;
}

uint64_t raised_of_kind(const struct device_counts *counts, uint32_t kind)
{
	switch (kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		return sum(counts->io_page_faults, FAULTCAST_ACCESS_MAX + 1);
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return counts->interrupt_remapping;
	case FAULTCAST_KIND_AER:
		return sum(counts->aer, FAULTCAST_SEVERITY_MAX + 1);
	case FAULTCAST_KIND_LINK:
		return counts->link;
	case FAULTCAST_KIND_HOTPLUG:
		return sum(counts->hotplug, FAULTCAST_HOTPLUG_MAX + 1);
	}
	return 0;
}
