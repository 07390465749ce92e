/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds messages with libnl for the tests of the decoders, and records what
 * decode_batch() emits.
 */
#ifndef FAULTCAST_TESTS_BUILD_MESSAGE_H
#define FAULTCAST_TESTS_BUILD_MESSAGE_H

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/event.h"
#include "model/gap.h"
#include "model/identity.h"
#include "netlink/decode.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FAMILY 0x20
#define INSTANCE 0xfeedfacecafebeefULL
#define SEEN_MAX 64

/* Everything that decode_batch() emitted for one batch. */
struct seen {
	struct fault_event events[SEEN_MAX];
	struct fault_gap gaps[SEEN_MAX];
	uint64_t gap_instance;
	unsigned int num_events;
	unsigned int num_gaps;
	char order[SEEN_MAX + 1];
};

static inline void on_event(void *ctx, const struct fault_event *ev)
{
	struct seen *seen = ctx;
	unsigned int at = seen->num_events + seen->num_gaps;

	assert_true(at < SEEN_MAX);
	seen->order[at] = 'e';
	seen->events[seen->num_events++] = *ev;
}

static inline void on_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	struct seen *seen = ctx;
	unsigned int at = seen->num_events + seen->num_gaps;

	assert_true(at < SEEN_MAX);
	seen->order[at] = 'g';
	seen->gap_instance = instance;
	seen->gaps[seen->num_gaps++] = *gap;
}

static const struct batch_handler collect = { .event = on_event, .gap = on_gap };

static inline struct nl_msg *begin_message(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 1, FAMILY, 0, 0, cmd, FAULTCAST_GENL_VERSION));
	return msg;
}

static inline struct nl_msg *begin_batch(void)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_EVENT_NTF);

	nla_put_u64(msg, FAULTCAST_A_BATCH_INSTANCE, INSTANCE);
	return msg;
}

/* The caller ends the nest with nla_nest_end(). */
static inline struct nlattr *begin_event(struct nl_msg *msg, uint64_t seq, uint32_t kind)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_BATCH_EVENT);

	assert_non_null(nest);
	nla_put_u64(msg, FAULTCAST_A_EVENT_SEQ, seq);
	nla_put_u32(msg, FAULTCAST_A_EVENT_KIND, kind);
	return nest;
}

static inline void put_event(struct nl_msg *msg, uint64_t seq, uint32_t kind)
{
	nla_nest_end(msg, begin_event(msg, seq, kind));
}

static inline void put_gap(struct nl_msg *msg, uint64_t from, uint64_t to)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_BATCH_GAP);

	nla_put_u64(msg, FAULTCAST_A_GAP_FROM, from);
	nla_put_u64(msg, FAULTCAST_A_GAP_TO, to);
	nla_put_u32(msg, FAULTCAST_A_GAP_WHY, FAULTCAST_GAP_HISTORY);
	nla_nest_end(msg, nest);
}

/* @attr is the identity attribute of an event or of a device. */
static inline void put_identity(struct nl_msg *msg, int attr)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	nla_put_u32(msg, FAULTCAST_A_IDENTITY_GENERATION, 3);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_VENDOR, 0x8086);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_DEVICE, 0x10d3);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR, 0x1af4);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE, 0x1100);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_CLASS, 0x020000);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_REVISION, 0xff);
	nla_put_string(msg, FAULTCAST_A_IDENTITY_DRIVER, "e1000e");
	nla_put_string(msg, FAULTCAST_A_IDENTITY_PHYS_SLOT, "4-1");
	nla_put(msg, FAULTCAST_A_IDENTITY_PAD, 0, NULL);
	nla_put_u64(msg, FAULTCAST_A_IDENTITY_SERIAL, 0xfedcba9876543210);
	nla_nest_end(msg, nest);
}

static inline void expect_identity(const struct device_identity *id)
{
	assert_int_equal(id->generation, 3);
	assert_int_equal(id->vendor_id, 0x8086);
	assert_int_equal(id->device_id, 0x10d3);
	assert_int_equal(id->subsystem_vendor_id, 0x1af4);
	assert_int_equal(id->subsystem_device_id, 0x1100);
	assert_int_equal(id->class_code, 0x020000);
	assert_int_equal(id->revision, 0xff);
	assert_string_equal(id->driver, "e1000e");
	assert_string_equal(id->physical_slot, "4-1");
	assert_int_equal(id->serial, 0xfedcba9876543210);
}

static inline void expect_no_identity(const struct device_identity *id)
{
	assert_int_equal(id->generation | id->vendor_id | id->device_id, 0);
	assert_int_equal(id->subsystem_vendor_id | id->subsystem_device_id, 0);
	assert_int_equal(id->class_code | id->revision | id->serial, 0);
	assert_string_equal(id->driver, "");
	assert_string_equal(id->physical_slot, "");
}

static inline void put_aer_event(struct nl_msg *msg, uint64_t seq)
{
	static const uint32_t tlp[] = { 0x40000001, 0x0000000f, 0xfeedf00d, 0x80000000 };
	struct nlattr *nest = begin_event(msg, seq, FAULTCAST_KIND_AER);

	nla_put_u32(msg, FAULTCAST_A_EVENT_AER_SEVERITY, FAULTCAST_SEVERITY_CORRECTED);
	nla_put_u32(msg, FAULTCAST_A_EVENT_AER_STATUS, 0x80000041);
	nla_put(msg, FAULTCAST_A_EVENT_AER_TLP, sizeof(tlp), tlp);
	nla_put_u32(msg, FAULTCAST_A_EVENT_GENERATION, 3);
	put_identity(msg, FAULTCAST_A_EVENT_IDENTITY);
	nla_nest_end(msg, nest);
}

static inline void put_link_event(struct nl_msg *msg, uint64_t seq)
{
	struct nlattr *nest = begin_event(msg, seq, FAULTCAST_KIND_LINK);

	nla_put_u32(msg, FAULTCAST_A_EVENT_LINK_REASON, 2);
	nla_put_u32(msg, FAULTCAST_A_EVENT_LINK_SPEED, 0x17);
	nla_put_u32(msg, FAULTCAST_A_EVENT_LINK_WIDTH, 16);
	nla_put_u32(msg, FAULTCAST_A_EVENT_LINK_STATUS, 0x3104);
	nla_nest_end(msg, nest);
}

static inline void put_hotplug_event(struct nl_msg *msg, uint64_t seq, uint32_t hotplug)
{
	struct nlattr *nest = begin_event(msg, seq, FAULTCAST_KIND_HOTPLUG);

	nla_put_u32(msg, FAULTCAST_A_EVENT_HOTPLUG, hotplug);
	nla_nest_end(msg, nest);
}

static inline void put_full_event(struct nl_msg *msg, uint64_t seq)
{
	struct nlattr *nest = begin_event(msg, seq, FAULTCAST_KIND_IO_PAGE_FAULT);

	nla_put(msg, FAULTCAST_A_EVENT_PAD, 0, NULL);
	nla_put_u32(msg, FAULTCAST_A_EVENT_FLAGS, FAULTCAST_EVENT_F_SYNTHETIC);
	nla_put_u32(msg, FAULTCAST_A_EVENT_SLOT, 17);
	nla_put_u32(msg, FAULTCAST_A_EVENT_SEGMENT, 2);
	nla_put_u32(msg, FAULTCAST_A_EVENT_BDF, 0x03ff);
	nla_put_u64(msg, FAULTCAST_A_EVENT_MONO, 1000);
	nla_put_u64(msg, FAULTCAST_A_EVENT_REAL, 1700000000000000000);
	nla_put_u64(msg, FAULTCAST_A_EVENT_IOVA, 0xfffffffffffff000);
	nla_put_u32(msg, FAULTCAST_A_EVENT_ACCESS, FAULTCAST_ACCESS_WRITE);
	nla_put_u32(msg, FAULTCAST_A_EVENT_REASON, 6);
	nla_put_u32(msg, FAULTCAST_A_EVENT_PASID, 0xfffff);
	nla_put_u32(msg, FAULTCAST_A_EVENT_IRTE_INDEX, 21);
	nla_put_u64(msg, FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, 9);
	nla_put_u64(msg, FAULTCAST_A_EVENT_LOST_BEFORE, 10);
	nla_nest_end(msg, nest);
}

/* Decodes and frees @msg. A refused message must not have emitted anything. */
static inline int decode(struct nl_msg *msg, struct seen *seen, uint64_t *unknown)
{
	int err;

	*seen = (struct seen){ 0 };
	*unknown = 0;
	err = decode_batch(nlmsg_hdr(msg), &collect, seen, unknown);
	nlmsg_free(msg);
	if (err) {
		assert_int_equal(err, -EBADMSG);
		assert_int_equal(seen->num_events + seen->num_gaps, 0);
	}
	return err;
}

/* xorshift32, so that mutations are the same on every machine. */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Decodes from an allocation of the exact size. The receiver has already checked the length. */
static inline void mutate(struct nl_msg *msg, bool (*harmless)(struct nlmsghdr *nlh))
{
	size_t whole = nlmsg_hdr(msg)->nlmsg_len;
	uint32_t random = 2463534242;
	unsigned int accepted = 0, rounds = 5000;

	for (unsigned int round = 0; round < rounds; round++) {
		size_t len = whole;
		unsigned char *bytes;

		if (next_random(&random) % 3 == 0)
			len = NLMSG_HDRLEN + next_random(&random) % (whole - NLMSG_HDRLEN + 1);
		bytes = malloc(len);
		memcpy(bytes, nlmsg_hdr(msg), len);
		for (uint32_t flips = next_random(&random) % 4; flips; flips--) {
			uint32_t bit = next_random(&random) % (uint32_t)(len * 8);

			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		((struct nlmsghdr *)(void *)bytes)->nlmsg_len = (uint32_t)len;
		accepted += harmless((struct nlmsghdr *)(void *)bytes);
		free(bytes);
	}
	nlmsg_free(msg);
	/* With too few accepted messages, or too many, the mutations would have tested nothing. */
	assert_in_range(accepted, rounds / 20, rounds - rounds / 20);
}

#endif
