// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: everything that message_event() and message_gap() write is read back, every
 * field of every kind. Messages that they cannot have written are refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "wire/decode.h"
#include "wire/encode.h"

#include "message_fill.h"

typedef Faultcast__V1__StreamMessage stream_msg;

static struct strbuf packed(const stream_msg *m)
{
	struct strbuf sb = STRBUF_INIT;
	size_t len = faultcast__v1__stream_message__get_packed_size(m);

	assert_true(strbuf_reserve(&sb, len));
	sb.len = faultcast__v1__stream_message__pack(m, (uint8_t *)sb.s);
	return sb;
}

static stream_msg *unpacked(const struct strbuf *sb)
{
	stream_msg *m = faultcast__v1__stream_message__unpack(NULL, sb->len,
							      (const uint8_t *)sb->s);

	assert_non_null(m);
	return m;
}

static void write_entry(struct stream_message *out, const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EVENT:
		message_event(out, &entry->event);
		break;
	case ENTRY_GAP:
		message_gap(out, &entry->at, &entry->gap);
		break;
	case ENTRY_HEALTH:
		message_health(out, &entry->at, &entry->health);
		break;
	}
}

/* Reading a message and writing it again gives the same bytes. */
static struct entry expect_round_trip(const stream_msg *m)
{
	struct strbuf first = packed(m), again;
	stream_msg *copy = unpacked(&first);
	struct stream_message out;
	struct entry entry;

	assert_int_equal(message_read(copy, &entry), 0);
	write_entry(&out, &entry);
	again = packed(&out.msg);
	assert_int_equal(again.len, first.len);
	assert_memory_equal(again.s, first.s, first.len);
	faultcast__v1__stream_message__free_unpacked(copy, NULL);
	strbuf_free(&first);
	strbuf_free(&again);
	return entry;
}

#define EVENT(k) .instance = INSTANCE, .seq = 7, .kind = FAULTCAST_KIND_##k

static const struct fault_event events[] = {
	{ EVENT(IO_PAGE_FAULT) },
	{ EVENT(IO_PAGE_FAULT),
	  .device = { .type = ADDRESS_PCI, .segment = 0x10000, .bdf = 0xffff }, .has_iova = true,
	  .iova = UINT64_MAX, .access = FAULTCAST_ACCESS_WRITE, .mono_ns = 1, .real_ns = UINT64_MAX,
	  .suppressed_before = UINT64_MAX, .slot = UINT32_MAX },
	{ EVENT(IO_PAGE_FAULT), .has_reason = true, .has_pasid = true, .synthetic = true,
	  .identity_late = true },
	{ EVENT(IO_PAGE_FAULT), .device = { .type = ADDRESS_OVERFLOW }, .generation = 3,
	  .identity = { .generation = 3 } },
	{ EVENT(IO_PAGE_FAULT), .device = { .type = ADDRESS_NAME, .name = "platform/mock.0" },
	  .identity = { .generation = 1, .serial = UINT64_MAX, .driver = "ixgbe" } },
	{ EVENT(INTERRUPT_REMAPPING), .irte_index = 77, .has_reason = true, .reason = 0x25 },
	{ EVENT(INTERRUPT_REMAPPING), .irte_unknown = true },
	{ EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_CORRECTED, .aer_status = 0xf1c3 },
	{ EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_NONFATAL, .has_tlp = true,
	  .tlp = { 1, 2, 3, UINT32_MAX } },
	{ EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_MAX + 5 },
	{ EVENT(LINK), .link_reason = 1, .link_speed = 2, .link_width = 16, .link_status = 0xffff },
	{ EVENT(HOTPLUG), .hotplug = FAULTCAST_HOTPLUG_CARD_PRESENT },
	{ EVENT(HOTPLUG), .hotplug = UINT32_MAX },
	{ EVENT(SUPPRESSED), .suppressed_before = 12 },
	{ EVENT(IOMMU_ERROR), .iommu = "dmar0", .iommu_type = FAULTCAST_IOMMU_TYPE_VTD,
	  .has_reason = true, .reason = 2, .has_related = true, .related_segment = UINT32_MAX,
	  .related_bdf = UINT16_MAX },
	{ EVENT(IO_PAGE_FAULT), .iommu_type = FAULTCAST_IOMMU_TYPE_MAX + 1, .has_reason = true,
	  .has_stream = true, .stream_id = UINT32_MAX, .iommu_flags = UINT32_MAX },
	{ EVENT(DPC), .dpc = FAULTCAST_DPC_OTHER, .dpc_status = UINT32_MAX },
	{ EVENT(RECOVERY), .recovery = UINT32_MAX },
	{ .instance = 1, .seq = UINT64_MAX, .kind = FAULTCAST_KIND_MAX + 1 },
};

static void reads_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct stream_message m;
		struct entry entry;

		message_event(&m, &events[i]);
		entry = expect_round_trip(&m.msg);
		assert_int_equal(entry.kind, ENTRY_EVENT);
		assert_true(address_equal(&entry.event.device, &events[i].device));
		assert_int_equal(entry.event.has_iova, events[i].has_iova);
		assert_int_equal(entry.event.has_reason, events[i].has_reason);
		assert_int_equal(entry.event.irte_unknown, events[i].irte_unknown);
		assert_int_equal(entry.at.seq, events[i].seq);
	}
}

static void reads_gaps(void **state)
{
	static const struct entry gaps[] = {
		{ .at = { INSTANCE, 9, 0 }, .gap = { GAP_HISTORY, 3, 9 } },
		{ .at = { INSTANCE, 9, 0 }, .gap = { GAP_TOO_SLOW, 9, 9 } },
		{ .at = { 1, 9, CURSOR_SUB_END }, .gap = { .reason = GAP_UNLOADED } },
		{ .at = { 1, 0, 0 }, .gap = { .reason = GAP_UNKNOWN_CURSOR } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct stream_message m;
		struct entry entry;

		message_gap(&m, &gaps[i].at, &gaps[i].gap);
		entry = expect_round_trip(&m.msg);
		assert_int_equal(entry.kind, ENTRY_GAP);
		assert_memory_equal(&entry.gap, &gaps[i].gap, sizeof(entry.gap));
		assert_int_equal(entry.at.instance, gaps[i].at.instance);
		assert_int_equal(entry.at.seq, gaps[i].at.seq);
		assert_int_equal(entry.at.sub, gaps[i].at.sub);
	}
}

static const struct cursor health_at = { INSTANCE, 9, 72 };

static void reads_health(void **state)
{
	static const struct health_change changes[] = {
		{ .device = { .type = ADDRESS_PCI, .segment = 2, .bdf = 0x318 },
		  .from = HEALTH_OK,
		  .to = HEALTH_SUSPECT,
		  .rule = "some_rule",
		  .real_ns = UINT64_MAX },
		{ .from = HEALTH_SUSPECT, .to = HEALTH_FAULTY, .real_ns = 1 },
		{ .device = { .type = ADDRESS_NAME, .name = "platform/x" },
		  .from = HEALTH_FAULTY,
		  .to = HEALTH_OK,
		  .rule = "a_rule_whose_name_is_as_long_as_it_may_become_x" },
		{ .from = HEALTH_UNKNOWN, .to = HEALTH_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct stream_message m;
		struct entry entry;

		message_health(&m, &health_at, &changes[i]);
		entry = expect_round_trip(&m.msg);
		assert_int_equal(entry.kind, ENTRY_HEALTH);
		assert_true(cursor_equal(&entry.at, &health_at));
		assert_true(address_equal(&entry.health.device, &changes[i].device));
		assert_int_equal(entry.health.from, changes[i].from);
		assert_int_equal(entry.health.to, changes[i].to);
		assert_string_equal(entry.health.rule, changes[i].rule);
		assert_int_equal(entry.health.real_ns, changes[i].real_ns);
	}
}

static void reads_every_field(void **state)
{
	static const struct {
		uint32_t kind;
		size_t detail;
	} kinds[] = {
		{ FAULTCAST_KIND_IO_PAGE_FAULT, offsetof(struct stream_message, io_page_fault) },
		{ FAULTCAST_KIND_INTERRUPT_REMAPPING,
		  offsetof(struct stream_message, interrupt_remapping) },
		{ FAULTCAST_KIND_LINK, offsetof(struct stream_message, link) },
		{ FAULTCAST_KIND_HOTPLUG, offsetof(struct stream_message, hotplug) },
		{ FAULTCAST_KIND_SUPPRESSED, 0 },
		{ FAULTCAST_KIND_IOMMU_ERROR, offsetof(struct stream_message, iommu_error) },
		{ FAULTCAST_KIND_DPC, offsetof(struct stream_message, dpc) },
		{ FAULTCAST_KIND_RECOVERY, offsetof(struct stream_message, recovery) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct fault_event ev = { .instance = INSTANCE,
					  .seq = 7,
					  .kind = kinds[i].kind,
					  .device = { .type = ADDRESS_PCI },
					  .has_reason = true,
					  .has_related = true,
					  .identity = { .generation = 1, .serial = 1 } };
		const bool iommu = kinds[i].kind == FAULTCAST_KIND_IO_PAGE_FAULT ||
				   kinds[i].kind == FAULTCAST_KIND_INTERRUPT_REMAPPING ||
				   kinds[i].kind == FAULTCAST_KIND_IOMMU_ERROR;
		struct stream_message m;
		uint32_t value = 0;

		if (iommu) {
			ev.has_pasid = ev.has_stream = true;
			ev.iommu = "dmar1";
		}
		message_event(&m, &ev);
		fill(&m.event.base, &value);
		make_consistent(&m, kinds[i].kind,
				kinds[i].detail ? (void *)((char *)&m + kinds[i].detail) : NULL);
		expect_round_trip(&m.msg);
	}
}

/* The ways in which refuses_nonsense() damages a message. */
enum spoiled {
	EVENT_OF_ANOTHER_INSTANCE,
	EVENT_OF_ANOTHER_SEQ,
	EVENT_WITH_SUB,
	NO_CURSOR,
	NO_BODY,
	HEARTBEAT,
	NO_DEVICE,
	NO_DEVICE_NAME,
	LONG_DEVICE_NAME,
	OTHER_DEVICE_NAME,
	BUS_BEYOND,
	DEVICE_BEYOND,
	FUNCTION_BEYOND,
	NO_DETAIL,
	WRONG_DETAIL,
	DETAIL_OF_NO_KIND,
	IDENTITY_WITHOUT_GENERATION,
	LONG_DRIVER,
	LONG_SLOT,
	SHORT_TLP,
	SPOILED
};

static char *long_text(void)
{
	static char text[ADDRESS_LEN + 1];

	memset(text, 'x', sizeof(text) - 1);
	return text;
}

static void spoil(struct stream_message *m, enum spoiled what)
{
	static char with_sub[] = "fedcba9876543210.7.1", empty[] = "", other[] = "0000:00:00.1";

	switch (what) {
	case EVENT_OF_ANOTHER_INSTANCE:
		m->event.instance++;
		break;
	case EVENT_OF_ANOTHER_SEQ:
		m->event.seq++;
		break;
	case EVENT_WITH_SUB:
		m->msg.cursor = with_sub;
		break;
	case NO_CURSOR:
		m->msg.cursor = empty;
		break;
	case NO_BODY:
		m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY__NOT_SET;
		break;
	case HEARTBEAT:
		faultcast__v1__heartbeat__init(&m->heartbeat);
		m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_HEARTBEAT;
		m->msg.heartbeat = &m->heartbeat;
		break;
	case NO_DEVICE:
		m->event.device = NULL;
		break;
	case NO_DEVICE_NAME:
		m->device.msg.pci = NULL;
		m->device.msg.name = empty;
		break;
	case LONG_DEVICE_NAME:
		m->device.msg.pci = NULL;
		m->device.msg.name = long_text();
		break;
	case OTHER_DEVICE_NAME:
		m->device.msg.name = other;
		break;
	case BUS_BEYOND:
		m->device.pci.bus = 0x100;
		break;
	case DEVICE_BEYOND:
		m->device.pci.device = 0x20;
		break;
	case FUNCTION_BEYOND:
		m->device.pci.function = 8;
		break;
	case NO_DETAIL:
		m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL__NOT_SET;
		break;
	case WRONG_DETAIL:
		m->event.kind = FAULTCAST__V1__KIND__KIND_LINK;
		break;
	case DETAIL_OF_NO_KIND:
		m->event.kind = FAULTCAST_KIND_MAX + 1;
		break;
	case IDENTITY_WITHOUT_GENERATION:
		m->identity.msg.generation = 0;
		break;
	case LONG_DRIVER:
		m->identity.msg.driver = long_text();
		break;
	case LONG_SLOT:
		m->identity.msg.physical_slot = long_text();
		break;
	case SHORT_TLP:
		m->tlp_header.n_dwords = 3;
		break;
	case SPOILED:
		break;
	}
}

static void refuses_nonsense(void **state)
{
	static const struct fault_event ev = { EVENT(AER), .device = { .type = ADDRESS_PCI },
					       .has_tlp = true, .identity = { .generation = 1 } };
	struct stream_message m;
	struct entry entry;

	(void)state;
	/* In the last round the message is undamaged, and is read. */
	for (int what = 0; what <= SPOILED; what++) {
		message_event(&m, &ev);
		spoil(&m, (enum spoiled)what);
		if (message_read(&m.msg, &entry) != (what == SPOILED ? 0 : -EBADMSG))
			fail_msg("spoiled in way %d", what);
	}
}

static void refuses_gaps(void **state)
{
	static const struct cursor at = { INSTANCE, 9, 0 };
	static const struct fault_gap gap = { .reason = GAP_HISTORY, .from = 3, .to = 9 };
	struct stream_message m;
	struct entry entry;

	(void)state;
	message_gap(&m, &at, &gap);
	m.range.from = 10;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
	m.range.from = 0;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
	m.range.from = 9;
	assert_int_equal(message_read(&m.msg, &entry), 0);
	m.range.to = 10;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
	m.range.to = 9;
	m.gap.reason = FAULTCAST__V1__GAP_REASON__GAP_REASON_UNSPECIFIED;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
	m.gap.reason = FAULTCAST__V1__GAP_REASON__GAP_REASON_LOST;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
	m.gap.reason = FAULTCAST__V1__GAP_REASON__GAP_REASON_HISTORY;
	m.gap.size_case = FAULTCAST__V1__GAP__SIZE_UNPUBLISHED;
	assert_int_equal(message_read(&m.msg, &entry), -EBADMSG);
}

static void refuses_health(void **state)
{
	static const struct health_change change = { .from = HEALTH_OK, .to = HEALTH_FAULTY };
	static char no_sub[] = "fedcba9876543210.9.0",
		    end[] = "fedcba9876543210.9.9223372036854775807";
	struct stream_message m[6];
	struct entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
		message_health(&m[i], &health_at, &change);
		assert_int_equal(message_read(&m[i].msg, &entry), 0);
	}
	m[0].msg.cursor = no_sub;
	m[1].msg.cursor = end;
	m[2].health.to = FAULTCAST__V1__HEALTH__HEALTH_UNSPECIFIED;
	m[3].health.from = (Faultcast__V1__Health)(FAULTCAST__V1__HEALTH__HEALTH_FAULTY + 1);
	m[4].health.rule = long_text();
	m[5].health.device = NULL;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		if (message_read(&m[i].msg, &entry) != -EBADMSG)
			fail_msg("spoiled in way %zu", i);
}

static void reads_addresses(void **state)
{
	static const struct {
		const char *text;
		int err;
		enum address_type type;
	} rows[] = {
		{ "0000:03:00.0", 0, ADDRESS_PCI },  { "unknown", 0, ADDRESS_UNKNOWN },
		{ "overflow", 0, ADDRESS_OVERFLOW }, { "platform/x", 0, ADDRESS_NAME },
		{ "odd", 0, ADDRESS_NAME },	     { "", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;
		char text[ADDRESS_LEN];

		assert_int_equal(message_read_address(rows[i].text, &address), rows[i].err);
		if (rows[i].err)
			continue;
		assert_int_equal(address.type, rows[i].type);
		address_format(&address, text);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(message_read_address(long_text(), &(struct address){ 0 }), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind),  cmocka_unit_test(reads_gaps),
		cmocka_unit_test(reads_every_field), cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(reads_health),	     cmocka_unit_test(refuses_health),
		cmocka_unit_test(refuses_gaps),	     cmocka_unit_test(reads_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
