// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a malformed batch is refused as a whole and emits no event. No input makes the
 * decoder read or write out of bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "build_message.h"
#include "model/address.h"
#include "model/gap.h"
#include "model/identity.h"

struct bad_gap {
	uint64_t from;
	uint64_t to;
};

static void gaps_that_miss_nothing_are_malformed(void **state)
{
	static const struct bad_gap gaps[] = { { 0, 0 }, { 0, 5 }, { 5, 4 }, { 1, 0 } };
	struct nlattr *nest;
	struct nl_msg *msg;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		msg = begin_batch();
		put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
		put_gap(msg, gaps[i].from, gaps[i].to);
		assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
	}
	for (int attr = FAULTCAST_A_GAP_FROM; attr <= FAULTCAST_A_GAP_TO; attr++) {
		msg = begin_batch();
		nest = nla_nest_start(msg, FAULTCAST_A_BATCH_GAP);
		nla_put_u64(msg, attr, 1);
		nla_nest_end(msg, nest);
		assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
	}
}

static void instance_is_required(void **state)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_EVENT_NTF);
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
	msg = begin_message(FAULTCAST_CMD_EVENT_NTF);
	nla_put_u64(msg, FAULTCAST_A_BATCH_INSTANCE, 0);
	put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
}

/* Sequence numbers count from 1, because a client's cursor may name the number before the first. */
static void event_zero_is_malformed(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	put_event(msg, 0, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
}

static const struct {
	const char *what;
	int type;
	int len;
} bad_attrs[] = {
	{ "seq short", FAULTCAST_A_EVENT_SEQ, 4 },
	{ "seq empty", FAULTCAST_A_EVENT_SEQ, 0 },
	{ "kind short", FAULTCAST_A_EVENT_KIND, 3 },
	{ "flags short", FAULTCAST_A_EVENT_FLAGS, 2 },
	{ "slot short", FAULTCAST_A_EVENT_SLOT, 2 },
	{ "segment short", FAULTCAST_A_EVENT_SEGMENT, 2 },
	{ "bdf short", FAULTCAST_A_EVENT_BDF, 2 },
	{ "mono short", FAULTCAST_A_EVENT_MONO, 4 },
	{ "real short", FAULTCAST_A_EVENT_REAL, 7 },
	{ "iova short", FAULTCAST_A_EVENT_IOVA, 4 },
	{ "access short", FAULTCAST_A_EVENT_ACCESS, 1 },
	{ "reason short", FAULTCAST_A_EVENT_REASON, 1 },
	{ "pasid short", FAULTCAST_A_EVENT_PASID, 1 },
	{ "irte index short", FAULTCAST_A_EVENT_IRTE_INDEX, 2 },
	{ "suppressed before short", FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, 4 },
	{ "AER severity short", FAULTCAST_A_EVENT_AER_SEVERITY, 1 },
	{ "AER status short", FAULTCAST_A_EVENT_AER_STATUS, 2 },
	{ "TLP short", FAULTCAST_A_EVENT_AER_TLP, 12 },
	{ "generation short", FAULTCAST_A_EVENT_GENERATION, 2 },
	{ "hotplug short", FAULTCAST_A_EVENT_HOTPLUG, 1 },
	{ "link reason short", FAULTCAST_A_EVENT_LINK_REASON, 1 },
	{ "link speed short", FAULTCAST_A_EVENT_LINK_SPEED, 1 },
	{ "link width short", FAULTCAST_A_EVENT_LINK_WIDTH, 2 },
	{ "link status short", FAULTCAST_A_EVENT_LINK_STATUS, 2 },
	{ "lost before short", FAULTCAST_A_EVENT_LOST_BEFORE, 4 },
	{ "identity of no attribute", FAULTCAST_A_EVENT_IDENTITY, 3 },
};

static const struct {
	const char *what;
	int type;
	int len;
} long_attrs[] = {
	{ "seq long", FAULTCAST_A_EVENT_SEQ, 16 },
	{ "kind long", FAULTCAST_A_EVENT_KIND, 8 },
	{ "bdf long", FAULTCAST_A_EVENT_BDF, 8 },
	{ "iova long", FAULTCAST_A_EVENT_IOVA, 9 },
	{ "access long", FAULTCAST_A_EVENT_ACCESS, 5 },
	{ "generation long", FAULTCAST_A_EVENT_GENERATION, 8 },
	{ "AER severity long", FAULTCAST_A_EVENT_AER_SEVERITY, 8 },
	{ "AER status long", FAULTCAST_A_EVENT_AER_STATUS, 8 },
	{ "suppressed before long", FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, 12 },
	{ "hotplug long", FAULTCAST_A_EVENT_HOTPLUG, 8 },
	{ "link reason long", FAULTCAST_A_EVENT_LINK_REASON, 8 },
	{ "link speed long", FAULTCAST_A_EVENT_LINK_SPEED, 8 },
	{ "link width long", FAULTCAST_A_EVENT_LINK_WIDTH, 8 },
	{ "link status long", FAULTCAST_A_EVENT_LINK_STATUS, 8 },
	{ "lost before long", FAULTCAST_A_EVENT_LOST_BEFORE, 12 },
};

/* The second of three events is malformed. Even the first one must not be emitted. */
static int decode_with_attr(int type, int len)
{
	static const char zeros[16];
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest;
	struct seen seen;
	uint64_t unknown;

	put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	nest = begin_event(msg, 2, FAULTCAST_KIND_IO_PAGE_FAULT);
	nla_put(msg, type, len, zeros);
	nla_nest_end(msg, nest);
	put_event(msg, 3, FAULTCAST_KIND_IO_PAGE_FAULT);
	return decode(msg, &seen, &unknown);
}

static void short_attributes_are_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_attrs); i++)
		if (decode_with_attr(bad_attrs[i].type, bad_attrs[i].len) != -EBADMSG)
			fail_msg("%s: was not refused", bad_attrs[i].what);
}

/*
 * The uAPI says that no attribute ever changes its type. A u32 of eight bytes is refused,
 * and its first half is not used.
 */
static void long_attributes_are_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(long_attrs); i++)
		if (decode_with_attr(long_attrs[i].type, long_attrs[i].len) != -EBADMSG)
			fail_msg("%s: was not refused", long_attrs[i].what);
}

static void an_event_needs_seq_and_kind(void **state)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (unsigned int has = 0; has < 3; has++) {
		msg = begin_batch();
		put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
		nest = nla_nest_start(msg, FAULTCAST_A_BATCH_EVENT);
		if (has == 1)
			nla_put_u64(msg, FAULTCAST_A_EVENT_SEQ, 2);
		if (has == 2)
			nla_put_u32(msg, FAULTCAST_A_EVENT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT);
		nla_put_u32(msg, FAULTCAST_A_EVENT_SLOT, 1);
		nla_nest_end(msg, nest);
		assert_int_equal(decode(msg, &seen, &unknown), -EBADMSG);
	}
}

static struct nl_msg *two_events(struct nlattr **second)
{
	struct nl_msg *msg = begin_batch();

	put_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	*second = begin_event(msg, 2, FAULTCAST_KIND_IO_PAGE_FAULT);
	nla_nest_end(msg, *second);
	return msg;
}

/* The message ends where the nest ends, and the nest ends within an attribute. */
static void truncated_nests_are_malformed(void **state)
{
	struct nlattr *nest;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (int cut = 1; cut <= 20; cut++) {
		struct nl_msg *msg = two_events(&nest);
		int was = NLA_ALIGN(nest->nla_len);

		nest->nla_len = (uint16_t)(nest->nla_len - cut);
		nlmsg_hdr(msg)->nlmsg_len -= (uint32_t)(was - NLA_ALIGN(nest->nla_len));
		if (decode(msg, &seen, &unknown) != -EBADMSG)
			fail_msg("%d bytes less were not refused", cut);
	}
}

/* The nest claims more bytes than the message has. */
static void truncated_messages_are_malformed(void **state)
{
	struct nlattr *nest;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (unsigned int cut = 1; cut < 24; cut++) {
		struct nl_msg *msg = two_events(&nest);

		nlmsg_hdr(msg)->nlmsg_len -= cut;
		if (decode(msg, &seen, &unknown) != -EBADMSG)
			fail_msg("%u bytes less were not refused", cut);
	}
	for (int more = 1; more < 9; more++) {
		struct nl_msg *msg = two_events(&nest);

		nest->nla_len = (uint16_t)(nest->nla_len + more);
		if (decode(msg, &seen, &unknown) != -EBADMSG)
			fail_msg("%d bytes too many were not refused", more);
	}
}

static void messages_without_family_header_are_malformed(void **state)
{
	(void)state;
	for (uint32_t len = NLMSG_HDRLEN; len < NLMSG_HDRLEN + GENL_HDRLEN; len++) {
		struct nlmsghdr *nlh = calloc(1, len);
		struct seen seen = { 0 };
		uint64_t unknown = 0;

		nlh->nlmsg_len = len;
		assert_int_equal(decode_batch(nlh, &collect, &seen, &unknown), -EBADMSG);
		free(nlh);
	}
}

/* A batch with everything that the module may send or omit, and with unknown attributes. */
static struct nl_msg *recorded(void)
{
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest;

	put_gap(msg, 1, 4);
	put_full_event(msg, 5);
	nest = begin_event(msg, 6, FAULTCAST_KIND_IO_PAGE_FAULT);
	nla_put_string(msg, FAULTCAST_A_EVENT_NAME, "platform/dma-controller.3");
	nla_nest_end(msg, nest);
	nla_put_u32(msg, FAULTCAST_A_BATCH_MAX + 1, 1);
	put_event(msg, 7, FAULTCAST_KIND_MAX + 1);
	put_aer_event(msg, 8);
	put_link_event(msg, 9);
	put_hotplug_event(msg, 10, FAULTCAST_HOTPLUG_CARD_PRESENT);
	return msg;
}

static void check_seen(const struct seen *seen)
{
	for (unsigned int i = 0; i < seen->num_events; i++) {
		const struct address *device = &seen->events[i].device;
		const struct device_identity *id = &seen->events[i].identity;

		assert_int_not_equal(seen->events[i].instance, 0);
		assert_non_null(memchr(device->name, '\0', sizeof(device->name)));
		assert_non_null(memchr(id->driver, '\0', sizeof(id->driver)));
		assert_non_null(memchr(id->physical_slot, '\0', sizeof(id->physical_slot)));
	}
	for (unsigned int i = 0; i < seen->num_gaps; i++) {
		assert_int_not_equal(seen->gaps[i].from, 0);
		assert_true(seen->gaps[i].to >= seen->gaps[i].from);
	}
}

/* Decodes from an allocation of the exact size. The receiver has already checked the length. */
static bool decode_mutated(const unsigned char *bytes, size_t len)
{
	struct nlmsghdr *nlh = malloc(len);
	struct seen seen = { 0 };
	uint64_t unknown = 0;
	int err;

	memcpy(nlh, bytes, len);
	nlh->nlmsg_len = (uint32_t)len;
	err = decode_batch(nlh, &collect, &seen, &unknown);
	free(nlh);
	if (err) {
		assert_int_equal(err, -EBADMSG);
		assert_int_equal(seen.num_events + seen.num_gaps, 0);
	}
	check_seen(&seen);
	return !err;
}

static void mutations_never_harm(void **state)
{
	struct nl_msg *msg = recorded();
	size_t whole = nlmsg_hdr(msg)->nlmsg_len;
	unsigned char bytes[1024];
	uint32_t random = 2463534242;
	unsigned int accepted = 0, rounds = 20000;

	(void)state;
	assert_true(whole <= sizeof(bytes));
	for (unsigned int round = 0; round < rounds; round++) {
		size_t len = whole;

		memcpy(bytes, nlmsg_hdr(msg), whole);
		for (uint32_t flips = next_random(&random) % 4; flips; flips--) {
			uint32_t bit = next_random(&random) % (uint32_t)(whole * 8);

			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		if (next_random(&random) % 3 == 0)
			len = NLMSG_HDRLEN + next_random(&random) % (whole - NLMSG_HDRLEN + 1);
		accepted += decode_mutated(bytes, len);
	}
	nlmsg_free(msg);
	/* With too few accepted messages, or too many, the mutations would have tested nothing. */
	assert_in_range(accepted, rounds / 20, rounds - rounds / 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_that_miss_nothing_are_malformed),
		cmocka_unit_test(instance_is_required),
		cmocka_unit_test(event_zero_is_malformed),
		cmocka_unit_test(short_attributes_are_malformed),
		cmocka_unit_test(long_attributes_are_malformed),
		cmocka_unit_test(an_event_needs_seq_and_kind),
		cmocka_unit_test(truncated_nests_are_malformed),
		cmocka_unit_test(truncated_messages_are_malformed),
		cmocka_unit_test(messages_without_family_header_are_malformed),
		cmocka_unit_test(mutations_never_harm),
	};

	return cmocka_run_group_tests_name("decode_malformed", tests, NULL, NULL);
}
