// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes or encodes one event TIMES times, so that callgrind can count the instructions:
 * codec decode|protobuf|json TIMES. The batch is as the kernel module sends it: 16 I/O
 * page faults with the identity of their device.
 */
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../standin/wire.h"
#include "base/json.h"
#include "model/address.h"
#include "model/event.h"
#include "model/gap.h"
#include "netlink/decode.h"
#include "wire/encode.h"

#define BATCH 16

static struct fault_event events[BATCH];
static size_t taken;

static void on_event(void *ctx, const struct fault_event *ev)
{
	(void)ctx;
	events[taken++ % BATCH] = *ev;
}

static void on_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	(void)ctx;
	(void)instance;
	(void)gap;
}

static const struct batch_handler handler = { .event = on_event, .gap = on_gap };

static struct fault_event fault(uint64_t seq)
{
	struct fault_event ev = {
		.instance = 0x1234567890abcdef,
		.seq = seq,
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.mono_ns = 1000000000000 + seq,
		.real_ns = 1700000000000000000 + seq,
		.iova = 0xdead0000 + seq * 4096,
		.has_iova = true,
		.access = FAULTCAST_ACCESS_WRITE,
		.reason = 5,
		.has_reason = true,
		.device = { .type = ADDRESS_PCI, .bdf = 0x0300 },
		.slot = 3,
		.generation = 2,
		.identity = { .generation = 2,
			      .vendor_id = 0x8086,
			      .device_id = 0x10d3,
			      .subsystem_vendor_id = 0x8086,
			      .class_code = 0x020000,
			      .serial = 0x525400ffff123456,
			      .driver = "e1000e",
			      .physical_slot = "3" },
	};

	return ev;
}

static struct nl_msg *make_batch(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(16384);

	genlmsg_put(msg, 0, 0, NLMSG_MIN_TYPE, 0, 0, FAULTCAST_CMD_EVENT_NTF,
		    FAULTCAST_GENL_VERSION);
	nla_put_u64(msg, FAULTCAST_A_BATCH_INSTANCE, 0x1234567890abcdef);
	for (uint64_t seq = 1; seq <= BATCH; seq++) {
		const struct fault_event ev = fault(seq);

		if (wire_event(msg, &ev))
			abort();
	}
	return msg;
}

int main(int argc, char **argv)
{
	unsigned long times = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	struct nl_msg *batch = make_batch();
	struct strbuf out = STRBUF_INIT;
	struct stream_message m;
	uint64_t unknown = 0;

	decode_batch(nlmsg_hdr(batch), &handler, NULL, &unknown);
	if (taken != BATCH || unknown || argc != 3) {
		fprintf(stderr, "usage: codec decode|protobuf|json TIMES\n");
		return EXIT_FAILURE;
	}
	for (unsigned long i = 0; i < times; i++) {
		if (!strcmp(argv[1], "decode")) {
			if (!(i % BATCH))
				decode_batch(nlmsg_hdr(batch), &handler, NULL, &unknown);
			continue;
		}
		strbuf_reset(&out);
		message_event(&m, &events[i % BATCH]);
		if (!strcmp(argv[1], "json"))
			json_add_message(&out, &m.msg.base);
		else
			message_add_delimited(&out, &m.msg.base);
	}
	printf("%zu\n", out.len);
	strbuf_free(&out);
	nlmsg_free(batch);
	return EXIT_SUCCESS;
}
