// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

static char *put_hex(char *at, uint32_t value, int digits)
{
	while (digits < 8 && value >> 4 * digits)
		digits++;
	while (digits--)
		*at++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return at;
}

/* A scrape formats every device, and snprintf() takes ten times as long as this. */
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
		at = number_parse(at, 16, UINT32_MAX, &part[0]);
		if (!at || *at++ != ':')
			return -EINVAL;
	}
	at = number_parse(at, 16, 0xff, &part[1]);
	if (!at || *at++ != ':')
		return -EINVAL;
	at = number_parse(at, 16, 0x1f, &part[2]);
	if (!at || *at++ != '.')
		return -EINVAL;
	at = number_parse(at, 16, 7, &part[3]);
	if (!at || *at)
		return -EINVAL;
	a.segment = (uint32_t)part[0];
	a.bdf = (uint16_t)(part[1] << 8 | part[2] << 3 | part[3]);
	/* Only the spelling of lspci is accepted, because "1:2.3" might mean another device. */
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
