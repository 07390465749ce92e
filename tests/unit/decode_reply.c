// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the answers to DEVICE_GET and STATUS_GET are decoded field by field;
 * what is unknown is counted, what does not fit is cut, what is malformed is
 * refused, and no bytes whatsoever do harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "build_message.h"

static void put_counter(struct nl_msg *msg, uint32_t count, uint32_t detail, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_COUNTER);

	nla_put_u32(msg, FAULTCAST_A_COUNTER_COUNT, count);
	nla_put_u32(msg, FAULTCAST_A_COUNTER_DETAIL, detail);
	nla_put(msg, FAULTCAST_A_COUNTER_PAD, 0, NULL);
	nla_put_u64(msg, FAULTCAST_A_COUNTER_VALUE, value);
	nla_nest_end(msg, nest);
}

static struct nl_msg *begin_device(uint32_t slot)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_DEVICE_GET);

	nla_put_u32(msg, FAULTCAST_A_DEVICE_SLOT, slot);
	return msg;
}

static struct nl_msg *complete_device(void)
{
	struct nl_msg *msg = begin_device(3);

	nla_put_u32(msg, FAULTCAST_A_DEVICE_SEGMENT, 1);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_BDF, 0x0408);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_LOST, 10);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_SUPPRESSED, 11);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_PUBLISHED, 12);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_FIRST_REAL, 13);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_LAST_REAL, 14);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_UNKNOWN, 1);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_READ, 20);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_WRITE, 300);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_OTHER, 4000);
	put_counter(msg, FAULTCAST_COUNT_INTERRUPT_REMAPPING, 0, 50000);
	put_counter(msg, FAULTCAST_COUNT_SYNTHETIC, 0, 600000);
	return msg;
}

/* Decodes and frees @msg. */
static int device_of(struct nl_msg *msg, struct device_counts *device, uint64_t *unknown)
{
	int err;

	memset(device, 0xa5, sizeof(*device));
	*unknown = 0;
	err = decode_device(nlmsg_hdr(msg), device, unknown);
	nlmsg_free(msg);
	return err;
}

static void device_complete(void **state)
{
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	assert_int_equal(device_of(complete_device(), &d, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_int_equal(d.slot, 3);
	assert_int_equal(d.address.type, ADDRESS_PCI);
	assert_int_equal(d.address.segment, 1);
	assert_int_equal(d.address.bdf, 0x0408);
	assert_int_equal(d.lost, 10);
	assert_int_equal(d.suppressed, 11);
	assert_int_equal(d.published, 12);
	assert_int_equal(d.first_real_ns, 13);
	assert_int_equal(d.last_real_ns, 14);
	assert_int_equal(d.io_page_faults[FAULTCAST_ACCESS_UNKNOWN], 1);
	assert_int_equal(d.io_page_faults[FAULTCAST_ACCESS_READ], 20);
	assert_int_equal(d.io_page_faults[FAULTCAST_ACCESS_WRITE], 300);
	assert_int_equal(d.io_page_faults[FAULTCAST_ACCESS_OTHER], 4000);
	assert_int_equal(d.interrupt_remapping, 50000);
	assert_int_equal(d.synthetic, 600000);
	assert_int_equal(d.other, 0);
	assert_int_equal(d.raised, 654321);
}

static void device_minimal(void **state)
{
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	assert_int_equal(device_of(begin_device(0), &d, &unknown), 0);
	assert_int_equal(d.slot, 0);
	assert_int_equal(d.address.type, ADDRESS_UNKNOWN);
	assert_int_equal(d.published | d.suppressed | d.lost | d.raised | d.other, 0);
	assert_int_equal(d.first_real_ns | d.last_real_ns, 0);
}

static void device_overflow_and_name(void **state)
{
	struct nl_msg *msg = begin_device(63);
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	nla_put_u8(msg, FAULTCAST_A_DEVICE_OVERFLOW, 1);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(d.address.type, ADDRESS_OVERFLOW);
	msg = begin_device(4);
	nla_put_string(msg, FAULTCAST_A_DEVICE_NAME, "platform/dma.0");
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(d.address.type, ADDRESS_NAME);
	assert_string_equal(d.address.name, "platform/dma.0");
}

/* They are raised all the same: the law of conservation holds without knowing. */
static void device_unknown_is_counted(void **state)
{
	struct nl_msg *msg = begin_device(1);
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	nla_put_u32(msg, FAULTCAST_A_DEVICE_MAX + 1, 1);
	put_counter(msg, FAULTCAST_COUNT_MAX + 1, 0, 5);
	put_counter(msg, FAULTCAST_COUNT_UNSPEC, 0, 6);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_MAX + 1, 7);
	put_counter(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, UINT32_MAX, 8);
	put_counter(msg, FAULTCAST_COUNT_SYNTHETIC, 0, 9);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(unknown, 5);
	assert_int_equal(d.other, 26);
	assert_int_equal(d.raised, 35);
	assert_int_equal(d.synthetic, 9);
}

static void device_malformed(void **state)
{
	struct device_counts d;
	struct nlattr *nest;
	struct nl_msg *msg;
	uint64_t unknown;

	(void)state;
	msg = begin_message(FAULTCAST_CMD_DEVICE_GET);
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
	msg = begin_device(1);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_PUBLISHED, 1);
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
	msg = begin_device(1);
	nla_put(msg, FAULTCAST_A_DEVICE_OVERFLOW, 0, NULL);
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
	msg = begin_device(1);
	nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_COUNTER);
	nla_put_u32(msg, FAULTCAST_A_COUNTER_VALUE, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
	msg = begin_device(1);
	nla_put(msg, FAULTCAST_A_DEVICE_NAME, 4, "abcd");
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
}

static void put_probe(struct nl_msg *msg, const char *name, const char *reason,
		      uint32_t probe_state)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PROBE);

	nla_put_string(msg, FAULTCAST_A_PROBE_NAME, name);
	nla_put_u32(msg, FAULTCAST_A_PROBE_STATE, probe_state);
	nla_put_string(msg, FAULTCAST_A_PROBE_REASON, reason);
	nla_put_u8(msg, FAULTCAST_A_PROBE_EXACT, probe_state == FAULTCAST_PROBE_ACTIVE);
	nla_nest_end(msg, nest);
}

static void put_kindcount(struct nl_msg *msg, uint32_t kind, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PUBLISHED_KIND);

	nla_put_u32(msg, FAULTCAST_A_KINDCOUNT_KIND, kind);
	nla_put_u64(msg, FAULTCAST_A_KINDCOUNT_VALUE, value);
	nla_nest_end(msg, nest);
}

static struct nl_msg *begin_status(void)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_STATUS_GET);

	nla_put_u64(msg, FAULTCAST_A_STATUS_INSTANCE, INSTANCE);
	return msg;
}

/* Where each number of a status lands, with its own value: its attribute's. */
static const struct {
	int attr;
	size_t offset;
} numbers64[] = {
	{ FAULTCAST_A_STATUS_LOADED_REAL, offsetof(struct module_status, loaded_real_ns) },
	{ FAULTCAST_A_STATUS_HEAD, offsetof(struct module_status, head) },
	{ FAULTCAST_A_STATUS_TAIL, offsetof(struct module_status, tail) },
	{ FAULTCAST_A_STATUS_RAISED, offsetof(struct module_status, raised) },
	{ FAULTCAST_A_STATUS_PUBLISHED, offsetof(struct module_status, published) },
	{ FAULTCAST_A_STATUS_SUPPRESSED, offsetof(struct module_status, suppressed) },
	{ FAULTCAST_A_STATUS_LOST, offsetof(struct module_status, lost) },
	{ FAULTCAST_A_STATUS_QUEUED, offsetof(struct module_status, queued) },
	{ FAULTCAST_A_STATUS_SUMMARIES, offsetof(struct module_status, summaries) },
	{ FAULTCAST_A_STATUS_HW_OVERFLOW, offsetof(struct module_status, hw_overflow) },
	{ FAULTCAST_A_STATUS_NMISSED, offsetof(struct module_status, nmissed) },
	{ FAULTCAST_A_STATUS_UNKNOWN_UNIT, offsetof(struct module_status, unknown_unit) },
}, numbers32[] = {
	{ FAULTCAST_A_STATUS_ABI, offsetof(struct module_status, abi) },
	{ FAULTCAST_A_STATUS_DEVICES, offsetof(struct module_status, devices_max) },
	{ FAULTCAST_A_STATUS_HISTORY, offsetof(struct module_status, history_max) },
	{ FAULTCAST_A_STATUS_QUEUE, offsetof(struct module_status, queue_max) },
};

static struct nl_msg *complete_status(void)
{
	struct nl_msg *msg = begin_status();

	nla_put_string(msg, FAULTCAST_A_STATUS_VERSION, "0.1.0");
	for (size_t i = 0; i < ARRAY_SIZE(numbers64); i++)
		nla_put_u64(msg, numbers64[i].attr, 0x100000000 + (uint64_t)numbers64[i].attr);
	for (size_t i = 0; i < ARRAY_SIZE(numbers32); i++)
		nla_put_u32(msg, numbers32[i].attr, 1000 + (uint32_t)numbers32[i].attr);
	put_kindcount(msg, FAULTCAST_KIND_IO_PAGE_FAULT, 7);
	put_kindcount(msg, FAULTCAST_KIND_MAX, 8);
	put_probe(msg, "vtd", "", FAULTCAST_PROBE_ACTIVE);
	put_probe(msg, "iommu", "no tracepoint", FAULTCAST_PROBE_UNAVAILABLE);
	return msg;
}

/* Decodes and frees @msg. */
static int status_of(struct nl_msg *msg, struct module_status *status, uint64_t *unknown)
{
	int err;

	memset(status, 0xa5, sizeof(*status));
	*unknown = 0;
	err = decode_status(nlmsg_hdr(msg), status, unknown);
	nlmsg_free(msg);
	return err;
}

static void status_complete(void **state)
{
	struct module_status s;
	uint64_t unknown, u64;
	uint32_t u32;

	(void)state;
	assert_int_equal(status_of(complete_status(), &s, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_int_equal(s.instance, INSTANCE);
	assert_string_equal(s.version, "0.1.0");
	for (size_t i = 0; i < ARRAY_SIZE(numbers64); i++) {
		memcpy(&u64, (char *)&s + numbers64[i].offset, sizeof(u64));
		assert_int_equal(u64, 0x100000000 + (uint64_t)numbers64[i].attr);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers32); i++) {
		memcpy(&u32, (char *)&s + numbers32[i].offset, sizeof(u32));
		assert_int_equal(u32, 1000 + numbers32[i].attr);
	}
	assert_int_equal(s.published_kind[FAULTCAST_KIND_IO_PAGE_FAULT], 7);
	assert_int_equal(s.published_kind[FAULTCAST_KIND_MAX], 8);
	assert_int_equal(s.published_kind[FAULTCAST_KIND_AER], 0);
	assert_int_equal(s.num_probes, 2);
	assert_string_equal(s.probes[0].name, "vtd");
	assert_string_equal(s.probes[0].reason, "");
	assert_int_equal(s.probes[0].state, FAULTCAST_PROBE_ACTIVE);
	assert_true(s.probes[0].exact);
	assert_string_equal(s.probes[1].name, "iommu");
	assert_string_equal(s.probes[1].reason, "no tracepoint");
	assert_int_equal(s.probes[1].state, FAULTCAST_PROBE_UNAVAILABLE);
	assert_false(s.probes[1].exact);
}

static void status_minimal(void **state)
{
	struct module_status s;
	uint64_t unknown;

	(void)state;
	assert_int_equal(status_of(begin_status(), &s, &unknown), 0);
	assert_int_equal(s.num_probes, 0);
	assert_string_equal(s.version, "");
	assert_int_equal(s.head | s.raised | s.abi | s.published_kind[1], 0);
}

static void status_unknown_is_counted(void **state)
{
	struct nl_msg *msg = begin_status();
	struct module_status s;
	uint64_t unknown;

	(void)state;
	nla_put_u32(msg, FAULTCAST_A_STATUS_MAX + 1, 1);
	put_kindcount(msg, FAULTCAST_KIND_MAX + 1, 8);
	put_kindcount(msg, FAULTCAST_KIND_UNSPEC, 8);
	put_kindcount(msg, UINT32_MAX, 8);
	for (unsigned int i = 0; i < PROBES_MAX + 3; i++)
		put_probe(msg, "p", "", i);
	assert_int_equal(status_of(msg, &s, &unknown), 0);
	assert_int_equal(s.num_probes, PROBES_MAX);
	assert_int_equal(s.probes[PROBES_MAX - 1].state, PROBES_MAX - 1);
	assert_int_equal(unknown, 1 + 3 + 3);
}

static void status_long_texts_are_cut(void **state)
{
	struct nl_msg *msg = begin_status();
	struct module_status s;
	char text[300];
	uint64_t unknown;

	(void)state;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	nla_put_string(msg, FAULTCAST_A_STATUS_VERSION, text);
	put_probe(msg, text, text, FAULTCAST_PROBE_FAILED);
	assert_int_equal(status_of(msg, &s, &unknown), 0);
	assert_int_equal(strlen(s.version), VERSION_LEN - 1);
	assert_int_equal(strlen(s.probes[0].name), PROBE_NAME_LEN - 1);
	assert_int_equal(strlen(s.probes[0].reason), PROBE_REASON_LEN - 1);
}

static void status_malformed(void **state)
{
	struct module_status s;
	struct nlattr *nest;
	struct nl_msg *msg;
	uint64_t unknown;

	(void)state;
	msg = begin_message(FAULTCAST_CMD_STATUS_GET);
	nla_put_u64(msg, FAULTCAST_A_STATUS_HEAD, 1);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	msg = begin_status();
	nla_put_u32(msg, FAULTCAST_A_STATUS_HEAD, 1);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	msg = begin_status();
	nla_put(msg, FAULTCAST_A_STATUS_VERSION, 3, "0.1");
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	msg = begin_status();
	nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PROBE);
	nla_put_u32(msg, FAULTCAST_A_PROBE_STATE, FAULTCAST_PROBE_ACTIVE);
	nla_nest_end(msg, nest);
	put_probe(msg, "second", "", FAULTCAST_PROBE_ACTIVE);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	msg = begin_status();
	nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PUBLISHED_KIND);
	nla_put_u32(msg, FAULTCAST_A_KINDCOUNT_VALUE, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
}

/* "Not 0"; and a cursor with it would say that there is no instance. */
static void status_instance_0_is_malformed(void **state)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_STATUS_GET);
	struct module_status s;
	uint64_t unknown;

	(void)state;
	nla_put_u64(msg, FAULTCAST_A_STATUS_INSTANCE, 0);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
}

static bool device_harmless(struct nlmsghdr *nlh)
{
	struct device_counts d = { 0 };
	uint64_t unknown = 0;
	int err = decode_device(nlh, &d, &unknown);

	assert_true(!err || err == -EBADMSG);
	assert_non_null(memchr(d.address.name, '\0', sizeof(d.address.name)));
	return !err;
}

static bool status_harmless(struct nlmsghdr *nlh)
{
	struct module_status s = { 0 };
	uint64_t unknown = 0;
	int err = decode_status(nlh, &s, &unknown);

	assert_true(!err || err == -EBADMSG);
	assert_true(s.num_probes <= PROBES_MAX);
	assert_non_null(memchr(s.version, '\0', sizeof(s.version)));
	return !err;
}

/* From memory of the exact size; the receiver has checked the length. */
static void mutate(struct nl_msg *msg, bool (*harmless)(struct nlmsghdr *nlh))
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
	/* Otherwise this has tested nothing. */
	assert_in_range(accepted, rounds / 20, rounds - rounds / 20);
}

static void mutations_never_harm(void **state)
{
	(void)state;
	mutate(complete_device(), device_harmless);
	mutate(complete_status(), status_harmless);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_complete),
		cmocka_unit_test(device_minimal),
		cmocka_unit_test(device_overflow_and_name),
		cmocka_unit_test(device_unknown_is_counted),
		cmocka_unit_test(device_malformed),
		cmocka_unit_test(status_complete),
		cmocka_unit_test(status_minimal),
		cmocka_unit_test(status_unknown_is_counted),
		cmocka_unit_test(status_long_texts_are_cut),
		cmocka_unit_test(status_malformed),
		cmocka_unit_test(mutations_never_harm),
		cmocka_unit_test(status_instance_0_is_malformed),
	};

	return cmocka_run_group_tests_name("decode_reply", tests, NULL, NULL);
}
