// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no end of an answer and no message of netlink's controller makes the decoders
 * misbehave. A decoded end has a valid error number and a terminated text.
 */
#include "fuzz.h"
#include "netlink/decode.h"

/* The size of the text buffer is either smaller or larger than most texts. */
static void require_end(struct nlmsghdr *nlh, size_t size)
{
	char *text = malloc(size);
	int err = 1;

	memset(text, 'x', size);
	if (decode_end(nlh, &err, text, size)) {
		REQUIRE(err <= 0 && err >= -4095);
		REQUIRE(memchr(text, '\0', size));
	} else {
		REQUIRE(err == 1 && text[0] == 'x');
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct nlmsghdr *nlh = fuzz_message(bytes, len);
	enum family_change change;

	if (!nlh)
		return 0;
	require_end(nlh, 8);
	require_end(nlh, 160);
	change = decode_family_change(nlh);
	REQUIRE(change == FAMILY_UNCHANGED || change == FAMILY_CAME || change == FAMILY_WENT);
	return 0;
}
