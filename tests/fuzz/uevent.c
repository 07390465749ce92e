// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no uevent makes its reader misbehave. It is about a PCI device only if it says
 * so and contains a complete valid address.
 */
#include "pci/uevent.h"
#include "fuzz.h"
#include "model/address.h"

static bool has(const char *message, size_t len, const char *text)
{
	return memmem(message, len + 1, text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct address address = { .type = ADDRESS_UNKNOWN }, back;
	char *message, name[ADDRESS_LEN];

	if (len >= UEVENT_LEN)
		return 0;
	/* An allocation of the exact size lets the sanitizer see a read beyond the end. */
	message = malloc(len + 1);
	REQUIRE(message);
	memcpy(message, bytes, len);
	message[len] = '\0';
	if (uevent_pci(message, len, &address)) {
		address_format(&address, name);
		REQUIRE(!address_parse_pci(name, &back) && address_equal(&address, &back));
		/* The text of an address may omit the segment. */
		REQUIRE(has(message, len, "SUBSYSTEM=pci") &&
			has(message, len, strchr(name, ':') + 1));
	}
	free(message);
	return 0;
}
