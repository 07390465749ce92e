// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the answers to DEVICE_GET are decoded field by field. Unknown attributes are
 * counted, long text is cut, and malformed messages are refused. Fields that an older
 * module does not send are absent. All text is UTF-8, and no input makes the decoder
 * misbehave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "build_message.h"
#include "model/address.h"
#include "model/counts.h"

static void put_counter(struct nl_msg *msg, uint32_t count, uint32_t detail, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_COUNTER);

	nla_put_u32(msg, FAULTCAST_A_COUNTER_COUNT, count);
	nla_put_u32(msg, FAULTCAST_A_COUNTER_DETAIL, detail);
	nla_put(msg, FAULTCAST_A_COUNTER_PAD, 0, NULL);
	nla_put_u64(msg, FAULTCAST_A_COUNTER_VALUE, value);
	nla_nest_end(msg, nest);
}

static void put_aer_error(struct nl_msg *msg, uint32_t severity, uint32_t bit, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_AER_ERROR);

	nla_put_u32(msg, FAULTCAST_A_AER_ERROR_SEVERITY, severity);
	nla_put_u32(msg, FAULTCAST_A_AER_ERROR_BIT, bit);
	nla_put(msg, FAULTCAST_A_AER_ERROR_PAD, 0, NULL);
	nla_put_u64(msg, FAULTCAST_A_AER_ERROR_VALUE, value);
	nla_nest_end(msg, nest);
}

static void put_alias(struct nl_msg *msg, uint32_t segment, uint32_t bdf)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_ALIAS);

	nla_put_u32(msg, FAULTCAST_A_ALIAS_SEGMENT, segment);
	nla_put_u32(msg, FAULTCAST_A_ALIAS_BDF, bdf);
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

/* All attributes that newer modules add to the first version of the interface. */
static struct nl_msg *device_with_everything(void)
{
	struct nl_msg *msg = complete_device();

	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		put_counter(msg, FAULTCAST_COUNT_AER, severity, 1000000 * (severity + 1));
	put_counter(msg, FAULTCAST_COUNT_LINK, 0, 10000000);
	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
		put_counter(msg, FAULTCAST_COUNT_HOTPLUG, event, 100000000 * (event + 1));
	nla_put_u32(msg, FAULTCAST_A_DEVICE_GENERATION, 3);
	put_identity(msg, FAULTCAST_A_DEVICE_IDENTITY);
	nla_put_u8(msg, FAULTCAST_A_DEVICE_PRESENT, 1);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_RATE, 7);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_BURST, 8);
	put_aer_error(msg, FAULTCAST_SEVERITY_NONFATAL, 0, 1);
	put_aer_error(msg, FAULTCAST_SEVERITY_FATAL, 31, 0x200000000);
	put_aer_error(msg, FAULTCAST_SEVERITY_CORRECTED, FAULTCAST_AER_BIT_NONE, 3);
	put_alias(msg, 0x10000, 0x0200);
	put_alias(msg, 0, 0xffff);
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

static void device_everything(void **state)
{
	struct device_counts d;
	uint64_t unknown, sum = 0;

	(void)state;
	assert_int_equal(device_of(device_with_everything(), &d, &unknown), 0);
	assert_int_equal(unknown, 0);
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		assert_int_equal(d.aer[severity], 1000000 * (severity + 1));
	assert_int_equal(d.link, 10000000);
	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
		assert_int_equal(d.hotplug[event], 100000000 * (event + 1));
	assert_int_equal(d.other, 0);
	assert_int_equal(d.raised, 1516654321);
	expect_identity(&d.identity);
	assert_true(d.present);
	assert_true(d.has_limit);
	assert_int_equal(d.rate, 7);
	assert_int_equal(d.burst, 8);
	assert_int_equal(d.num_aliases, 2);
	assert_int_equal(d.aliases[0].segment, 0x10000);
	assert_int_equal(d.aliases[0].bdf, 0x0200);
	assert_int_equal(d.aliases[1].segment, 0);
	assert_int_equal(d.aliases[1].bdf, 0xffff);
	assert_int_equal(d.aer_errors[FAULTCAST_SEVERITY_NONFATAL][0], 1);
	assert_int_equal(d.aer_errors[FAULTCAST_SEVERITY_FATAL][31], 0x200000000);
	assert_int_equal(d.aer_errors[FAULTCAST_SEVERITY_CORRECTED][FAULTCAST_AER_BIT_NONE], 3);
	for (size_t i = 0; i <= FAULTCAST_SEVERITY_MAX; i++)
		for (size_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++)
			sum += d.aer_errors[i][bit];
	assert_int_equal(sum, 0x200000004);
}

/* A module with the first version of the interface sends none of these attributes. */
static void device_of_an_old_module(void **state)
{
	static const struct device_counts none;
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	assert_int_equal(device_of(complete_device(), &d, &unknown), 0);
	expect_no_identity(&d.identity);
	assert_false(d.present || d.has_limit);
	assert_int_equal(d.rate | d.burst, 0);
	assert_int_equal(d.link, 0);
	assert_memory_equal(d.aer, none.aer, sizeof(d.aer));
	assert_memory_equal(d.hotplug, none.hotplug, sizeof(d.hotplug));
	assert_memory_equal(d.aer_errors, none.aer_errors, sizeof(d.aer_errors));
}

/* A limit of "none" for one device differs from a device without a limit of its own. */
static void device_without_limit(void **state)
{
	struct nl_msg *msg = begin_device(1);
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	nla_put_u32(msg, FAULTCAST_A_DEVICE_RATE, 0);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_BURST, 9);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_true(d.has_limit);
	assert_int_equal(d.rate, 0);
	assert_int_equal(d.burst, 9);
}

static void device_unknown_aer_errors_are_counted(void **state)
{
	static const struct device_counts none;
	struct nl_msg *msg = begin_device(1);
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	put_aer_error(msg, FAULTCAST_SEVERITY_MAX + 1, 0, 1);
	put_aer_error(msg, UINT32_MAX, 0, 1);
	put_aer_error(msg, FAULTCAST_SEVERITY_MAX, FAULTCAST_AER_BIT_NONE + 1, 1);
	put_aer_error(msg, FAULTCAST_SEVERITY_NONFATAL, UINT32_MAX, 1);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(unknown, 4);
	assert_memory_equal(d.aer_errors, none.aer_errors, sizeof(d.aer_errors));
	assert_int_equal(d.raised | d.other, 0);
}

/* An alias that came twice would list the card twice, and no device is its own alias. */
static void device_alias_comes_once(void **state)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_DEVICE_GET);
	struct device_counts d;
	uint64_t unknown;

	(void)state;
	nla_put_u32(msg, FAULTCAST_A_DEVICE_SLOT, 1);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_SEGMENT, 1);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_BDF, 0x300);
	put_alias(msg, 1, 0x400);
	put_alias(msg, 1, 0x400);
	put_alias(msg, 1, 0x300);
	put_alias(msg, 0, 0x300);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(d.num_aliases, 2);
	assert_int_equal(d.aliases[1].segment, 0);
	assert_int_equal(unknown, 2);
}

static void device_aliases_beyond_the_limit(void **state)
{
	struct nl_msg *msg = begin_device(1);
	struct device_counts d;
	struct nlattr *nest;
	uint64_t unknown;

	(void)state;
	for (uint32_t i = 0; i < DEVICE_ALIASES_MAX + 3; i++)
		put_alias(msg, 0, i);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(unknown, 3);
	assert_int_equal(d.num_aliases, DEVICE_ALIASES_MAX);
	assert_int_equal(d.aliases[DEVICE_ALIASES_MAX - 1].bdf, DEVICE_ALIASES_MAX - 1);
	assert_true(counts_are_quiet(&d));
	msg = begin_device(1);
	nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_ALIAS);
	nla_put_u32(msg, FAULTCAST_A_ALIAS_SEGMENT, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(device_of(msg, &d, &unknown), -EBADMSG);
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
	msg = begin_device(5);
	nla_put_string(msg, FAULTCAST_A_DEVICE_NAME, "platform/dma\xff\xc3\xbc\xc3");
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_string_equal(d.address.name, "platform/dma?\xc3\xbc?");
}

/* Counters of unknown kinds still count as raised, so that the law of conservation holds. */
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
	put_counter(msg, FAULTCAST_COUNT_AER, FAULTCAST_SEVERITY_MAX + 1, 100);
	put_counter(msg, FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_MAX + 1, 1000);
	put_counter(msg, 42, 42, 10000);
	put_counter(msg, FAULTCAST_COUNT_SYNTHETIC, 0, 9);
	assert_int_equal(device_of(msg, &d, &unknown), 0);
	assert_int_equal(unknown, 8);
	assert_int_equal(d.other, 11126);
	assert_int_equal(d.raised, 11135);
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

static const struct {
	int type;
	int len;
} wrong_lengths[] = {
	{ FAULTCAST_A_DEVICE_GENERATION, 2 }, { FAULTCAST_A_DEVICE_GENERATION, 8 },
	{ FAULTCAST_A_DEVICE_PRESENT, 0 },    { FAULTCAST_A_DEVICE_PRESENT, 4 },
	{ FAULTCAST_A_DEVICE_RATE, 2 },	      { FAULTCAST_A_DEVICE_RATE, 8 },
	{ FAULTCAST_A_DEVICE_BURST, 2 },      { FAULTCAST_A_DEVICE_BURST, 8 },
	{ FAULTCAST_A_DEVICE_IDENTITY, 3 },   { FAULTCAST_A_DEVICE_AER_ERROR, 3 },
	{ FAULTCAST_A_DEVICE_ALIAS, 3 },
}, wrong_aer_errors[] = {
	{ FAULTCAST_A_AER_ERROR_SEVERITY, 2 }, { FAULTCAST_A_AER_ERROR_SEVERITY, 8 },
	{ FAULTCAST_A_AER_ERROR_BIT, 2 },      { FAULTCAST_A_AER_ERROR_BIT, 8 },
	{ FAULTCAST_A_AER_ERROR_VALUE, 4 },    { FAULTCAST_A_AER_ERROR_VALUE, 16 },
};

static void device_of_wrong_lengths(void **state)
{
	static const char zeros[16];
	struct device_counts d;
	struct nlattr *nest;
	struct nl_msg *msg;
	uint64_t unknown;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong_lengths); i++) {
		msg = begin_device(1);
		nla_put(msg, wrong_lengths[i].type, wrong_lengths[i].len, zeros);
		if (device_of(msg, &d, &unknown) != -EBADMSG)
			fail_msg("attribute %d of %d bytes was not refused", wrong_lengths[i].type,
				 wrong_lengths[i].len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong_aer_errors); i++) {
		msg = begin_device(1);
		nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_AER_ERROR);
		nla_put(msg, wrong_aer_errors[i].type, wrong_aer_errors[i].len, zeros);
		nla_nest_end(msg, nest);
		if (device_of(msg, &d, &unknown) != -EBADMSG)
			fail_msg("AER error attribute %d of %d bytes was not refused",
				 wrong_aer_errors[i].type, wrong_aer_errors[i].len);
	}
}

static bool device_harmless(struct nlmsghdr *nlh)
{
	struct device_counts d = { 0 };
	uint64_t unknown = 0;
	int err = decode_device(nlh, &d, &unknown);

	assert_true(!err || err == -EBADMSG);
	assert_non_null(memchr(d.address.name, '\0', sizeof(d.address.name)));
	assert_non_null(memchr(d.identity.driver, '\0', sizeof(d.identity.driver)));
	assert_non_null(memchr(d.identity.physical_slot, '\0', sizeof(d.identity.physical_slot)));
	return !err;
}

static void mutations_never_harm(void **state)
{
	(void)state;
	mutate(device_with_everything(), device_harmless);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_complete),
		cmocka_unit_test(device_everything),
		cmocka_unit_test(device_of_an_old_module),
		cmocka_unit_test(device_without_limit),
		cmocka_unit_test(device_unknown_aer_errors_are_counted),
		cmocka_unit_test(device_of_wrong_lengths),
		cmocka_unit_test(device_alias_comes_once),
		cmocka_unit_test(device_aliases_beyond_the_limit),
		cmocka_unit_test(device_minimal),
		cmocka_unit_test(device_overflow_and_name),
		cmocka_unit_test(device_unknown_is_counted),
		cmocka_unit_test(device_malformed),
		cmocka_unit_test(mutations_never_harm),
	};

	return cmocka_run_group_tests_name("decode_device", tests, NULL, NULL);
}
