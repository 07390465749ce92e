// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the attributes of AER, link, hotplug and suppressed events and the device's
 * identity are decoded field by field. Attributes that an older module does not send are
 * absent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "build_message.h"
#include "model/event.h"
#include "model/identity.h"

static void aer(void **state)
{
	static const uint32_t tlp[] = { 0x40000001, 0x0000000f, 0xfeedf00d, 0x80000000 };
	struct nl_msg *msg = begin_batch();
	const struct fault_event *ev;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_aer_event(msg, 1);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 0);
	ev = &seen.events[0];
	assert_int_equal(ev->kind, FAULTCAST_KIND_AER);
	assert_int_equal(ev->aer_severity, FAULTCAST_SEVERITY_CORRECTED);
	assert_int_equal(ev->aer_status, 0x80000041);
	assert_true(ev->has_tlp);
	assert_memory_equal(ev->tlp, tlp, sizeof(tlp));
	assert_int_equal(ev->generation, 3);
	expect_identity(&ev->identity);
	assert_false(ev->identity_late || ev->has_iova || ev->has_reason || ev->has_pasid);
}

/* Sends a TLP of @len bytes, or no TLP if @len is -1. */
static int decode_tlp(int len, struct seen *seen)
{
	static const char tlp[64] = { 1 };
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest = begin_event(msg, 1, FAULTCAST_KIND_AER);
	uint64_t unknown;

	nla_put_u32(msg, FAULTCAST_A_EVENT_AER_SEVERITY, FAULTCAST_SEVERITY_FATAL);
	if (len >= 0)
		nla_put(msg, FAULTCAST_A_EVENT_AER_TLP, len, tlp);
	nla_nest_end(msg, nest);
	return decode(msg, seen, &unknown);
}

static void a_tlp_header_has_16_bytes_or_is_absent(void **state)
{
	static const int wrong[] = { 0, 1, 4, 12, 15, 17, 20, 32, 64 };
	struct seen seen;

	(void)state;
	assert_int_equal(decode_tlp(16, &seen), 0);
	assert_true(seen.events[0].has_tlp);
	assert_int_equal(decode_tlp(-1, &seen), 0);
	assert_int_equal(seen.events[0].aer_severity, FAULTCAST_SEVERITY_FATAL);
	assert_false(seen.events[0].has_tlp);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (decode_tlp(wrong[i], &seen) != -EBADMSG)
			fail_msg("%d bytes were not refused", wrong[i]);
}

static void link_change(void **state)
{
	struct nl_msg *msg = begin_batch();
	const struct fault_event *ev;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_link_event(msg, 1);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 0);
	ev = &seen.events[0];
	assert_int_equal(ev->kind, FAULTCAST_KIND_LINK);
	assert_int_equal(ev->link_reason, 2);
	assert_int_equal(ev->link_speed, 0x17);
	assert_int_equal(ev->link_width, 16);
	assert_int_equal(ev->link_status, 0x3104);
}

static void hotplug(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++)
		put_hotplug_event(msg, 1 + event, event);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_int_equal(seen.num_events, FAULTCAST_HOTPLUG_MAX + 1);
	for (uint32_t event = 0; event <= FAULTCAST_HOTPLUG_MAX; event++) {
		assert_int_equal(seen.events[event].kind, FAULTCAST_KIND_HOTPLUG);
		assert_int_equal(seen.events[event].hotplug, event);
	}
}

static void suppressed(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	nest = begin_event(msg, 1, FAULTCAST_KIND_SUPPRESSED);
	nla_put_u64(msg, FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, 0x123456789a);
	nla_nest_end(msg, nest);
	nest = begin_event(msg, 2, FAULTCAST_KIND_SUPPRESSED);
	nla_put_u64(msg, FAULTCAST_A_EVENT_LOST_BEFORE, 0xa987654321);
	nla_nest_end(msg, nest);
	put_event(msg, 3, FAULTCAST_KIND_AER);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_int_equal(seen.events[0].kind, FAULTCAST_KIND_SUPPRESSED);
	assert_int_equal(seen.events[0].suppressed_before, 0x123456789a);
	assert_int_equal(seen.events[0].lost_before, 0);
	assert_int_equal(seen.events[1].kind, FAULTCAST_KIND_SUPPRESSED);
	assert_int_equal(seen.events[1].suppressed_before, 0);
	assert_int_equal(seen.events[1].lost_before, 0xa987654321);
	assert_int_equal(seen.events[2].suppressed_before | seen.events[2].lost_before, 0);
}

static void flags(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct seen seen;
	uint64_t unknown;

	(void)state;
	for (uint32_t bits = 0; bits < 4; bits++) {
		struct nlattr *nest = begin_event(msg, 1 + bits, FAULTCAST_KIND_AER);

		nla_put_u32(msg, FAULTCAST_A_EVENT_FLAGS, bits | 0xfffffffc);
		nla_nest_end(msg, nest);
	}
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	for (uint32_t bits = 0; bits < 4; bits++) {
		assert_int_equal(seen.events[bits].synthetic,
				 !!(bits & FAULTCAST_EVENT_F_SYNTHETIC));
		assert_int_equal(seen.events[bits].identity_late,
				 !!(bits & FAULTCAST_EVENT_F_IDENTITY_LATE));
	}
}

/* The identity without some of driver, physical slot and serial number. */
static void identity_of_some_attributes(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct device_identity *id;
	struct nlattr *ev, *nest;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_aer_event(msg, 1);
	ev = begin_event(msg, 2, FAULTCAST_KIND_AER);
	nest = nla_nest_start(msg, FAULTCAST_A_EVENT_IDENTITY);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_GENERATION, 1);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_VENDOR, 0x10de);
	nla_put_u32(msg, FAULTCAST_A_IDENTITY_MAX + 1, 1);
	nla_put(msg, FAULTCAST_A_IDENTITY_MAX + 7, 3, "abc");
	nla_nest_end(msg, nest);
	nla_nest_end(msg, ev);
	ev = begin_event(msg, 3, FAULTCAST_KIND_AER);
	nla_put(msg, FAULTCAST_A_EVENT_IDENTITY, 0, NULL);
	nla_nest_end(msg, ev);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 2);
	expect_identity(&seen.events[0].identity);
	id = &seen.events[1].identity;
	assert_int_equal(id->generation, 1);
	assert_int_equal(id->vendor_id, 0x10de);
	id->generation = id->vendor_id = 0;
	expect_no_identity(id);
	expect_no_identity(&seen.events[2].identity);
}

static int decode_identity_text(int attr, const void *text, int len, struct seen *seen)
{
	struct nl_msg *msg = begin_batch();
	struct nlattr *ev = begin_event(msg, 1, FAULTCAST_KIND_AER);
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_EVENT_IDENTITY);
	uint64_t unknown;

	nla_put(msg, attr, len, text);
	nla_nest_end(msg, nest);
	nla_nest_end(msg, ev);
	return decode(msg, seen, &unknown);
}

/* Text that is too long is cut. Text without a terminating NUL is refused. */
static void identity_texts(void **state)
{
	const struct device_identity *id;
	char text[100];
	struct seen seen;

	(void)state;
	memset(text, 'd', sizeof(text));
	text[IDENTITY_TEXT_LEN - 1] = '\0';
	id = &seen.events[0].identity;
	assert_int_equal(
		decode_identity_text(FAULTCAST_A_IDENTITY_DRIVER, text, IDENTITY_TEXT_LEN, &seen),
		0);
	assert_string_equal(id->driver, text);
	assert_string_equal(id->physical_slot, "");
	text[IDENTITY_TEXT_LEN - 1] = 'd';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(
		decode_identity_text(FAULTCAST_A_IDENTITY_DRIVER, text, sizeof(text), &seen), 0);
	assert_int_equal(strlen(id->driver), IDENTITY_TEXT_LEN - 1);
	assert_int_equal(
		decode_identity_text(FAULTCAST_A_IDENTITY_PHYS_SLOT, text, sizeof(text), &seen), 0);
	assert_int_equal(strlen(id->physical_slot), IDENTITY_TEXT_LEN - 1);
	for (int attr = FAULTCAST_A_IDENTITY_DRIVER; attr <= FAULTCAST_A_IDENTITY_PHYS_SLOT;
	     attr++) {
		assert_int_equal(decode_identity_text(attr, text, 10, &seen), -EBADMSG);
		assert_int_equal(decode_identity_text(attr, text, 0, &seen), -EBADMSG);
	}
}

static const struct {
	int type;
	int len;
} wrong_numbers[] = {
	{ FAULTCAST_A_IDENTITY_GENERATION, 2 },
	{ FAULTCAST_A_IDENTITY_GENERATION, 8 },
	{ FAULTCAST_A_IDENTITY_VENDOR, 2 },
	{ FAULTCAST_A_IDENTITY_VENDOR, 8 },
	{ FAULTCAST_A_IDENTITY_DEVICE, 2 },
	{ FAULTCAST_A_IDENTITY_DEVICE, 8 },
	{ FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR, 2 },
	{ FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR, 8 },
	{ FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE, 2 },
	{ FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE, 8 },
	{ FAULTCAST_A_IDENTITY_CLASS, 3 },
	{ FAULTCAST_A_IDENTITY_CLASS, 8 },
	{ FAULTCAST_A_IDENTITY_REVISION, 1 },
	{ FAULTCAST_A_IDENTITY_REVISION, 8 },
	{ FAULTCAST_A_IDENTITY_SERIAL, 4 },
	{ FAULTCAST_A_IDENTITY_SERIAL, 16 },
};

static void identity_numbers_of_the_wrong_length(void **state)
{
	static const char zeros[16];
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong_numbers); i++)
		if (decode_identity_text(wrong_numbers[i].type, zeros, wrong_numbers[i].len,
					 &seen) != -EBADMSG)
			fail_msg("attribute %d of %d bytes was not refused", wrong_numbers[i].type,
				 wrong_numbers[i].len);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aer),
		cmocka_unit_test(a_tlp_header_has_16_bytes_or_is_absent),
		cmocka_unit_test(link_change),
		cmocka_unit_test(hotplug),
		cmocka_unit_test(suppressed),
		cmocka_unit_test(flags),
		cmocka_unit_test(identity_of_some_attributes),
		cmocka_unit_test(identity_texts),
		cmocka_unit_test(identity_numbers_of_the_wrong_length),
	};

	return cmocka_run_group_tests_name("decode_kinds", tests, NULL, NULL);
}
