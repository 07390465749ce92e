// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: after each dump, the table has exactly the devices of that dump, decoded from
 * its own messages. Earlier dumps leave nothing behind. A device comes once, whatever the module
 * says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "build_message.h"
#include "netlink/device_table.h"

#define DEVICES 100 /* more than the table's first allocation holds */
#define NOT_SENT 0xdead

static struct device_table table;
static uint64_t unknown;

static int setup(void **state)
{
	(void)state;
	table = (struct device_table){ 0 };
	unknown = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device_table_free(&table);
	return 0;
}

/* Adds and frees @msg. */
static int add_message(struct nl_msg *msg)
{
	int err = device_table_add(&table, nlmsg_hdr(msg), &unknown);

	nlmsg_free(msg);
	return err;
}

static struct nl_msg *device(uint32_t slot, uint64_t published)
{
	static uint32_t request;
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_DEVICE_GET);

	nlmsg_hdr(msg)->nlmsg_seq = ++request;
	nla_put_u32(msg, FAULTCAST_A_DEVICE_SLOT, slot);
	nla_put_u32(msg, FAULTCAST_A_DEVICE_BDF, slot);
	nla_put_u64(msg, FAULTCAST_A_DEVICE_PUBLISHED, published);
	return msg;
}

/* Devices from @first on. Each device has published its slot number of events; @other differs. */
static void dump(uint32_t first, uint32_t count, uint32_t other, uint64_t published)
{
	device_table_begin(&table);
	for (uint32_t slot = first; slot < first + count; slot++)
		assert_int_equal(add_message(device(slot, slot == other ? published : slot)), 0);
	assert_int_equal(table.count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(table.devices[i].slot, first + i);
		assert_int_equal(table.devices[i].published,
				 first + i == other ? published : first + i);
	}
}

static void mark_all(void)
{
	for (size_t i = 0; i < table.count; i++)
		table.devices[i].lost = NOT_SENT;
}

static void changed_is_decoded(void **state)
{
	(void)state;
	dump(1, DEVICES, 0, 0);
	mark_all();
	dump(1, DEVICES, 70, 1000);
	mark_all();
	dump(1, DEVICES, 0, 0);
}

static void one_comes_and_goes_in_front(void **state)
{
	(void)state;
	dump(1, DEVICES, 0, 0);
	dump(0, DEVICES + 1, 0, 0);
	dump(1, DEVICES, 0, 0);
}

static void a_short_dump_forgets_nothing(void **state)
{
	(void)state;
	dump(1, DEVICES, 0, 0);
	dump(1, 3, 0, 0);
	device_table_begin(&table);
	assert_int_equal(table.count, 0);
	mark_all();
	dump(1, DEVICES, 90, 5);
}

/* The same message with one attribute more, and without it again. */
static void longer_and_shorter(void **state)
{
	(void)state;
	for (int more = 0; more < 3; more++) {
		struct nl_msg *msg = device(1, 7);

		if (more == 1)
			nla_put_u64(msg, FAULTCAST_A_DEVICE_SUPPRESSED, 9);
		device_table_begin(&table);
		assert_int_equal(add_message(msg), 0);
		assert_int_equal(table.devices[0].suppressed, more == 1 ? 9 : 0);
	}
}

static void malformed_stays_malformed(void **state)
{
	(void)state;
	dump(1, 2, 0, 0);
	for (int times = 0; times < 2; times++) {
		device_table_begin(&table);
		assert_int_equal(add_message(begin_message(FAULTCAST_CMD_DEVICE_GET)), -EBADMSG);
		assert_int_equal(table.count, 0);
	}
	/* A malformed message also clears the entry that it would have replaced. */
	mark_all();
	dump(1, 2, 0, 0);
}

static void half_a_message_is_not_remembered(void **state)
{
	struct nl_msg *whole = device(1, 7), *half = device(1, 7);

	(void)state;
	device_table_begin(&table);
	assert_int_equal(add_message(whole), 0);
	/* The first part of this message is decoded into the entry before the error is found. */
	nla_put(half, FAULTCAST_A_DEVICE_COUNTER, 1, "");
	device_table_begin(&table);
	assert_int_equal(add_message(half), -EBADMSG);
	table.devices[0].published = NOT_SENT;
	dump(1, 1, 1, 7);
}

static void unknown_is_counted_when_decoded(void **state)
{
	(void)state;
	for (unsigned int times = 0; times < 2; times++) {
		struct nl_msg *msg = device(1, 7);

		nla_put_u32(msg, FAULTCAST_A_DEVICE_MAX + 1, 1);
		device_table_begin(&table);
		assert_int_equal(add_message(msg), 0);
		assert_int_equal(unknown, times + 1);
	}
}

static int add_named(uint32_t slot, const char *name)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_DEVICE_GET);

	nla_put_u32(msg, FAULTCAST_A_DEVICE_SLOT, slot);
	if (name)
		nla_put_string(msg, FAULTCAST_A_DEVICE_NAME, name);
	return add_message(msg);
}

static int add_overflow(uint32_t bdf)
{
	struct nl_msg *msg = device(bdf, 1);

	nla_put_u8(msg, FAULTCAST_A_DEVICE_OVERFLOW, 1);
	return add_message(msg);
}

static void an_address_comes_once(void **state)
{
	char name[32];

	(void)state;
	dump(1, DEVICES, 0, 0);
	/* The slot of all devices without a slot has no address, whatever the message says. */
	assert_int_equal(add_overflow(0x300), 0);
	assert_int_equal(add_overflow(0x400), -EEXIST);
	for (uint32_t slot = 1; slot <= DEVICES; slot++)
		assert_int_equal(add_message(device(slot, 9)), -EEXIST);
	assert_int_equal(add_named(1, NULL), 0);
	assert_int_equal(add_named(2, NULL), -EEXIST);
	/* Texts that are printed like an address of another kind. */
	assert_int_equal(add_named(3, "unknown"), -EBADMSG);
	assert_int_equal(add_named(4, "overflow"), -EBADMSG);
	assert_int_equal(add_named(5, "0000:00:00.1"), -EBADMSG);
	assert_int_equal(add_named(6, ""), -EBADMSG);
	/* They are the same after control characters were replaced. */
	assert_int_equal(add_named(7, "a/b\x01"), 0);
	assert_int_equal(add_named(8, "a/b\x02"), -EEXIST);
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "platform/%u", i);
		assert_int_equal(add_named(i, name), 0);
		assert_int_equal(add_named(i, name), -EEXIST);
	}
	assert_int_equal(table.count, DEVICES + 3 + 1000);
	dump(1, DEVICES, 0, 0);
}

/* A requester id has 16 bits: a larger number must not be taken for a real device. */
static void no_address_is_cut(void **state)
{
	(void)state;
	device_table_begin(&table);
	assert_int_equal(add_message(device(0x10300, 1)), -EBADMSG);
	assert_int_equal(table.count, 0);
}

static void a_dump_has_an_end(void **state)
{
	int err = 0;
	uint32_t slot;

	(void)state;
	device_table_begin(&table);
	for (slot = 0; !err; slot++) {
		struct nl_msg *msg = begin_message(FAULTCAST_CMD_DEVICE_GET);

		nla_put_u32(msg, FAULTCAST_A_DEVICE_SLOT, slot);
		nla_put_u32(msg, FAULTCAST_A_DEVICE_SEGMENT, slot);
		nla_put_u32(msg, FAULTCAST_A_DEVICE_BDF, 1);
		err = add_message(msg);
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(slot, DEVICE_TABLE_MAX + 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(changed_is_decoded),
		TEST(one_comes_and_goes_in_front),
		TEST(a_short_dump_forgets_nothing),
		TEST(longer_and_shorter),
		TEST(malformed_stays_malformed),
		TEST(half_a_message_is_not_remembered),
		TEST(unknown_is_counted_when_decoded),
		TEST(an_address_comes_once),
		TEST(no_address_is_cut),
		TEST(a_dump_has_an_end),
	};

	return cmocka_run_group_tests_name("device_table", tests, NULL, NULL);
}
