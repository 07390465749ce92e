// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a batch from the kernel module is decoded field by field and in order. Unknown
 * attributes are skipped and counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "build_message.h"
#include "model/address.h"
#include "model/event.h"
#include "model/gap.h"

static void complete_event(void **state)
{
	struct nl_msg *msg = begin_batch();
	const struct fault_event *ev;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_full_event(msg, 5);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_string_equal(seen.order, "e");
	ev = &seen.events[0];
	assert_int_equal(ev->instance, INSTANCE);
	assert_int_equal(ev->seq, 5);
	assert_int_equal(ev->kind, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_true(ev->synthetic);
	assert_int_equal(ev->slot, 17);
	assert_int_equal(ev->device.type, ADDRESS_PCI);
	assert_int_equal(ev->device.segment, 2);
	assert_int_equal(ev->device.bdf, 0x03ff);
	assert_int_equal(ev->mono_ns, 1000);
	assert_int_equal(ev->real_ns, 1700000000000000000);
	assert_int_equal(ev->iova, 0xfffffffffffff000);
	assert_int_equal(ev->access, FAULTCAST_ACCESS_WRITE);
	assert_int_equal(ev->reason, 6);
	assert_int_equal(ev->pasid, 0xfffff);
	assert_int_equal(ev->irte_index, 21);
	assert_false(ev->irte_unknown);
	assert_int_equal(ev->suppressed_before, 9);
	assert_int_equal(ev->lost_before, 10);
	assert_true(ev->has_iova && ev->has_reason && ev->has_pasid);
}

/* A complete event comes first, so that leftovers in a minimal event would be found. */
static void minimal_event(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct fault_event want = { .instance = INSTANCE,
				    .seq = 6,
				    .kind = FAULTCAST_KIND_INTERRUPT_REMAPPING };
	const struct fault_event *ev;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_full_event(msg, 3);
	put_aer_event(msg, 4);
	put_link_event(msg, 5);
	put_event(msg, 6, FAULTCAST_KIND_INTERRUPT_REMAPPING);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_string_equal(seen.order, "eeee");
	ev = &seen.events[3];
	assert_int_equal(ev->instance, want.instance);
	assert_int_equal(ev->seq, want.seq);
	assert_int_equal(ev->kind, want.kind);
	assert_int_equal(ev->device.type, ADDRESS_UNKNOWN);
	assert_false(ev->synthetic || ev->has_iova || ev->has_reason || ev->has_pasid);
	assert_int_equal(ev->slot | ev->access | ev->reason | ev->pasid | ev->irte_index, 0);
	assert_true(ev->irte_unknown);
	assert_int_equal(ev->mono_ns | ev->real_ns | ev->iova, 0);
	assert_int_equal(ev->suppressed_before | ev->lost_before, 0);
	assert_false(ev->identity_late || ev->has_tlp);
	assert_int_equal(ev->generation | ev->aer_severity | ev->aer_status | ev->hotplug, 0);
	assert_int_equal(ev->link_reason | ev->link_speed | ev->link_width | ev->link_status, 0);
	expect_no_identity(&ev->identity);
}

static void order_of_the_message_is_kept(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct seen seen;
	uint64_t unknown;

	(void)state;
	put_gap(msg, 1, 4);
	put_event(msg, 5, FAULTCAST_KIND_IO_PAGE_FAULT);
	put_event(msg, 6, FAULTCAST_KIND_IO_PAGE_FAULT);
	put_gap(msg, 7, 7);
	put_event(msg, 8, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_string_equal(seen.order, "geege");
	assert_int_equal(seen.gap_instance, INSTANCE);
	assert_int_equal(seen.gaps[0].reason, GAP_HISTORY);
	assert_int_equal(seen.gaps[0].from, 1);
	assert_int_equal(seen.gaps[0].to, 4);
	assert_int_equal(seen.gaps[1].from, 7);
	assert_int_equal(seen.gaps[1].to, 7);
	assert_int_equal(seen.events[0].seq, 5);
	assert_int_equal(seen.events[2].seq, 8);
}

static void empty_batch(void **state)
{
	struct seen seen;
	uint64_t unknown;

	(void)state;
	assert_int_equal(decode(begin_batch(), &seen, &unknown), 0);
	assert_string_equal(seen.order, "");
	assert_int_equal(unknown, 0);
}

static void unknown_is_passed_over_and_counted(void **state)
{
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest;
	struct seen seen;
	uint64_t unknown;

	(void)state;
	nla_put_u32(msg, FAULTCAST_A_BATCH_MAX + 1, 1);
	nest = begin_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	nla_put_u64(msg, FAULTCAST_A_EVENT_MAX + 1, 1);
	nla_put(msg, FAULTCAST_A_EVENT_MAX + 100, 3, "abc");
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, FAULTCAST_A_BATCH_GAP);
	nla_put_u64(msg, FAULTCAST_A_GAP_FROM, 2);
	nla_put_u64(msg, FAULTCAST_A_GAP_TO, 3);
	nla_put_u64(msg, FAULTCAST_A_GAP_MAX + 1, 1);
	nla_nest_end(msg, nest);
	put_event(msg, 4, FAULTCAST_KIND_MAX + 1);
	put_event(msg, 5, UINT32_MAX);
	put_event(msg, 6, FAULTCAST_KIND_UNSPEC);
	put_event(msg, 7, 42);
	assert_int_equal(decode(msg, &seen, &unknown), 0);
	assert_string_equal(seen.order, "egeeee");
	assert_int_equal(seen.events[1].kind, FAULTCAST_KIND_MAX + 1);
	assert_int_equal(seen.events[2].kind, UINT32_MAX);
	assert_int_equal(seen.events[4].kind, 42);
	assert_int_equal(unknown, 4 + 4);
}

static void unknown_is_added_up(void **state)
{
	uint64_t unknown = 40;
	struct seen seen = { 0 };
	struct nl_msg *msg = begin_batch();

	(void)state;
	put_event(msg, 1, FAULTCAST_KIND_MAX + 1);
	put_event(msg, 2, FAULTCAST_KIND_IO_PAGE_FAULT);
	assert_int_equal(decode_batch(nlmsg_hdr(msg), &collect, &seen, &unknown), 0);
	nlmsg_free(msg);
	assert_int_equal(unknown, 41);
}

/* Puts one event whose device name consists of these bytes, unchanged. */
static int decode_named(const void *name, int len, struct seen *seen)
{
	struct nl_msg *msg = begin_batch();
	struct nlattr *nest = begin_event(msg, 1, FAULTCAST_KIND_IO_PAGE_FAULT);
	uint64_t unknown;

	nla_put(msg, FAULTCAST_A_EVENT_NAME, len, name);
	nla_nest_end(msg, nest);
	return decode(msg, seen, &unknown);
}

static void names(void **state)
{
	char name[FAULTCAST_NAME_LEN + 1];
	struct seen seen;

	(void)state;
	assert_int_equal(decode_named("platform/x", 11, &seen), 0);
	assert_int_equal(seen.events[0].device.type, ADDRESS_NAME);
	assert_string_equal(seen.events[0].device.name, "platform/x");
	memset(name, 'n', sizeof(name));
	name[1] = '/';
	assert_int_equal(decode_named(name, FAULTCAST_NAME_LEN, &seen), -EBADMSG);
	assert_int_equal(decode_named(name, 1, &seen), -EBADMSG);
	assert_int_equal(decode_named(name, 0, &seen), -EBADMSG);
	name[FAULTCAST_NAME_LEN] = '\0';
	assert_int_equal(decode_named(name, FAULTCAST_NAME_LEN + 1, &seen), -EBADMSG);
	name[FAULTCAST_NAME_LEN - 1] = '\0';
	assert_int_equal(decode_named(name, FAULTCAST_NAME_LEN, &seen), 0);
	assert_string_equal(seen.events[0].device.name, name);
	assert_int_equal(strlen(seen.events[0].device.name), FAULTCAST_NAME_LEN - 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_event),
		cmocka_unit_test(minimal_event),
		cmocka_unit_test(order_of_the_message_is_kept),
		cmocka_unit_test(empty_batch),
		cmocka_unit_test(unknown_is_passed_over_and_counted),
		cmocka_unit_test(unknown_is_added_up),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
