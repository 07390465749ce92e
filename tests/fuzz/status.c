// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no status makes the decoder misbehave. An accepted status has an instance, no
 * more probes than fit, and terminated strings. It becomes a message that a client can
 * read.
 */
#include "fuzz.h"
#include "model/module.h"
#include "mutate.h"
#include "netlink/decode.h"

static void require_sound(const struct module_status *status)
{
	static struct status_message m;

	REQUIRE(status->instance);
	REQUIRE_STRING(status->version);
	REQUIRE(status->num_probes <= PROBES_MAX);
	for (unsigned int i = 0; i < status->num_probes; i++) {
		REQUIRE_STRING(status->probes[i].name);
		REQUIRE_STRING(status->probes[i].reason);
	}
	message_status(&m, "fuzz", NULL, status);
	fuzz_encode(&m.msg.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct nlmsghdr *nlh = fuzz_message(bytes, len);
	struct module_status status;
	uint64_t unknown = 0;
	int err;

	if (!nlh)
		return 0;
	/* Fields that the decoder does not set keep this pattern, and are found. */
	memset(&status, 0xff, sizeof(status));
	err = decode_status(nlh, &status, &unknown);
	REQUIRE(!err || err == -EBADMSG);
	if (!err)
		require_sound(&status);
	return 0;
}
