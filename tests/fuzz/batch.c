// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no message of events makes the decoder misbehave. A refused message emits
 * nothing and counts nothing. Every emitted event is valid, and becomes a message that a
 * client can read.
 */
#include "fuzz.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "mutate.h"
#include "netlink/decode.h"

static unsigned int handed_on;

static void on_event(void *ctx, const struct fault_event *ev)
{
	struct stream_message m;

	(void)ctx;
	handed_on++;
	REQUIRE(ev->instance && ev->seq);
	REQUIRE(ev->device.type == ADDRESS_UNKNOWN || ev->device.type == ADDRESS_PCI ||
		ev->device.type == ADDRESS_NAME);
	REQUIRE_STRING(ev->device.name);
	fuzz_require_identity(&ev->identity);
	message_event(&m, ev);
	fuzz_encode(&m.msg.base);
	if (message_suppressed_before(&m, ev))
		fuzz_encode(&m.msg.base);
	if (message_lost_before(&m, ev))
		fuzz_encode(&m.msg.base);
}

static void on_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	const struct cursor at = { .instance = instance, .seq = gap->to };
	struct stream_message m;

	(void)ctx;
	handed_on++;
	REQUIRE(instance);
	REQUIRE(gap->from && gap->from <= gap->to && gap->reason < GAP_REASONS);
	message_gap(&m, &at, gap);
	fuzz_encode(&m.msg.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct batch_handler handler = { .event = on_event, .gap = on_gap };
	struct nlmsghdr *nlh = fuzz_message(bytes, len);
	uint64_t unknown = 0;
	int err;

	if (!nlh)
		return 0;
	handed_on = 0;
	err = decode_batch(nlh, &handler, NULL, &unknown);
	REQUIRE(!err || err == -EBADMSG);
	REQUIRE(!err || (!handed_on && !unknown));
	return 0;
}
