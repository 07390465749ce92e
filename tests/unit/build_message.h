/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages built with libnl, and what decode_batch() hands on of batches. */
#ifndef FAULTCAST_TESTS_BUILD_MESSAGE_H
#define FAULTCAST_TESTS_BUILD_MESSAGE_H

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "event.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FAMILY 0x20
#define INSTANCE 0xfeedfacecafebeefULL
#define SEEN_MAX 64

/* What a batch handed on. */
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

/* Ended by nla_nest_end(). */
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
	nla_nest_end(msg, nest);
}

/* Decodes and frees @msg; a refused one must have handed on nothing. */
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

/* For mutations: xorshift32, the same everywhere. */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
