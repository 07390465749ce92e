// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the answers to STATUS_GET are decoded field by field. Unknown attributes are
 * counted, long text is cut, and malformed messages are refused. Fields that an older
 * module does not send are absent. No input makes the decoder misbehave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "build_message.h"
#include "model/module.h"

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

static void put_unit(struct nl_msg *msg, uint64_t address, uint32_t segment, uint32_t flags)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_STATUS_UNIT);

	nla_put_u64(msg, FAULTCAST_A_UNIT_ADDRESS, address);
	nla_put_u32(msg, FAULTCAST_A_UNIT_SEGMENT, segment);
	nla_put_u32(msg, FAULTCAST_A_UNIT_FLAGS, flags);
	nla_nest_end(msg, nest);
}

static struct nl_msg *begin_status(void)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_STATUS_GET);

	nla_put_u64(msg, FAULTCAST_A_STATUS_INSTANCE, INSTANCE);
	return msg;
}

/* The field of each numeric attribute. The test sends the attribute's number as its value. */
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
	{ FAULTCAST_A_STATUS_RATE, offsetof(struct module_status, rate) },
	{ FAULTCAST_A_STATUS_BURST, offsetof(struct module_status, burst) },
	{ FAULTCAST_A_STATUS_HOST_RATE, offsetof(struct module_status, host_rate) },
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
	put_unit(msg, 0xfed90000, 0, FAULTCAST_UNIT_F_FAULTS);
	put_unit(msg, 0x20fffd000000, 0x10001, 0xffffffff);
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
	assert_int_equal(s.num_units, 2);
	assert_int_equal(s.units[0].address, 0xfed90000);
	assert_int_equal(s.units[0].segment, 0);
	assert_true(s.units[0].faults);
	assert_false(s.units[0].interrupt_remapping);
	assert_int_equal(s.units[1].address, 0x20fffd000000);
	assert_int_equal(s.units[1].segment, 0x10001);
	assert_true(s.units[1].faults);
	assert_true(s.units[1].interrupt_remapping);
}

static void status_minimal(void **state)
{
	struct module_status s;
	uint64_t unknown;

	(void)state;
	assert_int_equal(status_of(begin_status(), &s, &unknown), 0);
	assert_int_equal(s.num_probes | s.num_units, 0);
	assert_string_equal(s.version, "");
	assert_int_equal(s.head | s.raised | s.abi | s.published_kind[1], 0);
	assert_int_equal(s.rate | s.burst | s.host_rate, 0);
}

static void status_unknown_is_counted(void **state)
{
	struct module_status s;
	struct nl_msg *msg;
	uint64_t unknown;

	(void)state;
	nlmsg_set_default_size(4 * 4096);
	msg = begin_status();
	nlmsg_set_default_size(4096);
	nla_put_u32(msg, FAULTCAST_A_STATUS_MAX + 1, 1);
	put_kindcount(msg, FAULTCAST_KIND_MAX + 1, 8);
	put_kindcount(msg, FAULTCAST_KIND_UNSPEC, 8);
	put_kindcount(msg, UINT32_MAX, 8);
	for (unsigned int i = 0; i < PROBES_MAX + 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%u", i);
		put_probe(msg, name, "", i);
	}
	for (unsigned int i = 0; i < UNITS_MAX + 2; i++)
		put_unit(msg, i, 0, 0);
	assert_int_equal(status_of(msg, &s, &unknown), 0);
	assert_int_equal(s.num_units, UNITS_MAX);
	assert_int_equal(s.units[UNITS_MAX - 1].address, UNITS_MAX - 1);
	assert_int_equal(s.num_probes, PROBES_MAX);
	assert_int_equal(s.probes[PROBES_MAX - 1].state, PROBES_MAX - 1);
	assert_int_equal(unknown, 1 + 3 + 3 + 2);
}

/* A probe that came twice would have two series of each metric. */
static void status_probe_comes_once(void **state)
{
	struct nl_msg *msg = begin_status();
	struct module_status s;
	uint64_t unknown;

	(void)state;
	put_probe(msg, "vtd", "", FAULTCAST_PROBE_FAILED);
	put_probe(msg, "aer", "", FAULTCAST_PROBE_ACTIVE);
	put_probe(msg, "vtd", "", FAULTCAST_PROBE_ACTIVE);
	/* They are the same after control characters were replaced. */
	put_probe(msg, "p\x01", "", FAULTCAST_PROBE_ACTIVE);
	put_probe(msg, "p\x02", "", FAULTCAST_PROBE_ACTIVE);
	assert_int_equal(status_of(msg, &s, &unknown), 0);
	assert_int_equal(s.num_probes, 3);
	assert_int_equal(s.probes[0].state, FAULTCAST_PROBE_FAILED);
	assert_int_equal(unknown, 2);
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
	msg = begin_status();
	nest = nla_nest_start(msg, FAULTCAST_A_STATUS_UNIT);
	nla_put_u32(msg, FAULTCAST_A_UNIT_FLAGS, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	for (int attr = FAULTCAST_A_STATUS_RATE; attr <= FAULTCAST_A_STATUS_HOST_RATE; attr++) {
		msg = begin_status();
		nla_put_u16(msg, attr, 1);
		assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
		msg = begin_status();
		nla_put_u64(msg, attr, 1);
		assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
	}
}

/* The uAPI says that an instance is never 0. A cursor uses 0 for "no instance". */
static void status_instance_0_is_malformed(void **state)
{
	struct nl_msg *msg = begin_message(FAULTCAST_CMD_STATUS_GET);
	struct module_status s;
	uint64_t unknown;

	(void)state;
	nla_put_u64(msg, FAULTCAST_A_STATUS_INSTANCE, 0);
	assert_int_equal(status_of(msg, &s, &unknown), -EBADMSG);
}

static bool status_harmless(struct nlmsghdr *nlh)
{
	struct module_status s = { 0 };
	uint64_t unknown = 0;
	int err = decode_status(nlh, &s, &unknown);

	assert_true(!err || err == -EBADMSG);
	assert_true(s.num_probes <= PROBES_MAX);
	assert_true(s.num_units <= UNITS_MAX);
	assert_non_null(memchr(s.version, '\0', sizeof(s.version)));
	return !err;
}

static void mutations_never_harm(void **state)
{
	(void)state;
	mutate(complete_status(), status_harmless);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_complete),
		cmocka_unit_test(status_minimal),
		cmocka_unit_test(status_unknown_is_counted),
		cmocka_unit_test(status_probe_comes_once),
		cmocka_unit_test(status_long_texts_are_cut),
		cmocka_unit_test(status_malformed),
		cmocka_unit_test(status_instance_0_is_malformed),
		cmocka_unit_test(mutations_never_harm),
	};

	return cmocka_run_group_tests_name("decode_status", tests, NULL, NULL);
}
