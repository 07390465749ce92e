// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: AER, link, hotplug and suppressed events, a device's identity and its counters
 * are exactly the ProtoJSON mapping of proto/faultcast/v1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/coverage.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/health.h"
#include "model/identity.h"
#include "model/module.h"
#include "wire/encode.h"

static void expect_json(const ProtobufCMessage *msg, const char *want)
{
	struct strbuf sb = STRBUF_INIT;

	json_add_message(&sb, msg);
	assert_string_equal(strbuf_str(&sb), want);
	assert_false(sb.failed);
	strbuf_free(&sb);
}

/* Compares the end of the message. */
static void expect_json_end(const ProtobufCMessage *msg, const char *want)
{
	struct strbuf sb = STRBUF_INIT;
	const char *text;

	json_add_message(&sb, msg);
	text = strbuf_str(&sb);
	assert_true(strlen(text) > strlen(want));
	assert_string_equal(text + strlen(text) - strlen(want), want);
	strbuf_free(&sb);
}

/*
 * Compares with the fields that all events here have. @identity and @detail begin with a
 * comma, or are empty.
 */
static void expect_event(const struct fault_event *ev, const char *kind, const char *identity,
			 const char *detail)
{
	struct strbuf want = STRBUF_INIT;
	struct stream_message m;

	memset(&m, 0xa5, sizeof(m));
	message_event(&m, ev);
	strbuf_addf(&want,
		    "{\"cursor\":\"1.2.0\",\"event\":{\"seq\":\"2\",\"kind\":\"%s\","
		    "\"device\":{\"name\":\"unknown\"},\"synthetic\":false,"
		    "\"monotonicNs\":\"0\",\"realtimeNs\":\"0\",\"suppressedBefore\":\"0\","
		    "\"slot\":0,\"identityLate\":false,\"generation\":0,\"instance\":\"1\"%s,"
		    "\"lostBefore\":\"0\"%s}}",
		    kind, identity, detail);
	expect_json(&m.msg.base, strbuf_str(&want));
	strbuf_free(&want);
}

#define EVENT(k) .instance = 1, .seq = 2, .kind = FAULTCAST_KIND_##k

static const struct {
	struct fault_event ev;
	const char *tail;
} aer_events[] = {
	{ { EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_NONFATAL, .aer_status = 0x00104800,
	    .has_tlp = true, .tlp = { 0, 1, 0x7fffffff, UINT32_MAX }, .bus = FAULTCAST_BUS_PCIE },
	  ",\"aer\":{\"severity\":\"SEVERITY_NONFATAL\",\"status\":1067008,"
	  "\"errors\":[\"bit11\",\"CmpltTO\",\"UnsupReq\"],"
	  "\"tlpHeader\":{\"dwords\":[0,1,2147483647,4294967295]},\"bus\":\"BUS_PCIE\"}" },
	{ { EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_FATAL, .aer_status = 0x10 },
	  ",\"aer\":{\"severity\":\"SEVERITY_FATAL\",\"status\":16,\"errors\":[\"DLP\"],\"bus\":"
	  "\"BUS_UNSPECIFIED\"}" },
	{ { EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_CORRECTED, .aer_status = 0xf1c3 },
	  ",\"aer\":{\"severity\":\"SEVERITY_CORRECTED\",\"status\":61891,"
	  "\"errors\":[\"RxErr\",\"bit1\",\"BadTLP\",\"BadDLLP\",\"Rollover\",\"Timeout\","
	  "\"NonFatalErr\",\"CorrIntErr\",\"HeaderOF\"],\"bus\":\"BUS_UNSPECIFIED\"}" },
	{ { EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_CORRECTED },
	  ",\"aer\":{\"severity\":\"SEVERITY_CORRECTED\",\"status\":0,\"bus\":\"BUS_"
	  "UNSPECIFIED\"}" },
	{ { EVENT(AER), .aer_severity = FAULTCAST_SEVERITY_MAX + 1, .aer_status = 1U << 11 },
	  ",\"aer\":{\"severity\":\"SEVERITY_UNSPECIFIED\",\"status\":2048,"
	  "\"errors\":[\"bit11\"],\"bus\":\"BUS_UNSPECIFIED\"}" },
	{ { EVENT(AER), .aer_severity = UINT32_MAX },
	  ",\"aer\":{\"severity\":\"SEVERITY_UNSPECIFIED\",\"status\":0,\"bus\":\"BUS_"
	  "UNSPECIFIED\"}" },
};

static void aer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(aer_events) / sizeof(aer_events[0]); i++)
		expect_event(&aer_events[i].ev, "KIND_AER", "", aer_events[i].tail);
}

static void aer_with_every_bit(void **state)
{
	const struct fault_event ev = { EVENT(AER), .aer_status = UINT32_MAX };
	struct stream_message m;

	(void)state;
	message_event(&m, &ev);
	assert_int_equal(m.aer.n_errors, 32);
	assert_string_equal(m.aer.errors[0], "Undefined");
	assert_string_equal(m.aer.errors[26], "PoisonTLPBlocked");
}

static void link_change(void **state)
{
	const struct fault_event ev = { EVENT(LINK), .link_reason = 1, .link_speed = 0x18,
					.link_width = 32, .link_status = 0xffff };

	(void)state;
	expect_event(&ev, "KIND_LINK", "",
		     ",\"link\":{\"reason\":1,\"speed\":24,\"width\":32,\"status\":65535}");
}

/* The kinds of ABI 6. */
static const struct {
	struct fault_event ev;
	const char *tail;
} abi_6_events[] = {
	{ { EVENT(IOMMU_ERROR), .iommu_type = FAULTCAST_IOMMU_TYPE_AMD, .has_reason = true,
	    .reason = 7, .iommu_flags = 0x20, .has_related = true, .related_bdf = 0x300 },
	  ",\"iommu\":{\"name\":\"\",\"type\":\"IOMMU_TYPE_AMD\"},"
	  "\"related\":{\"name\":\"0000:03:00.0\",\"pci\":{\"segment\":0,\"bus\":3,"
	  "\"device\":0,\"function\":0}},\"iommuError\":{\"reason\":{\"code\":7,"
	  "\"name\":\"iotlb_invalidation_timeout\",\"text\":\"A device did not answer an "
	  "invalidation request in time.\",\"flags\":32},\"iova\":\"0\",\"iovaUnknown\":true,"
	  "\"access\":\"ACCESS_UNKNOWN\"}" },
	{ { EVENT(IOMMU_ERROR), .iommu_type = FAULTCAST_IOMMU_TYPE_SMMUV3, .has_reason = true,
	    .reason = 2, .has_stream = true, .stream_id = 0x10 },
	  ",\"iommu\":{\"name\":\"\",\"type\":\"IOMMU_TYPE_SMMUV3\"},"
	  "\"streamId\":{\"value\":16},\"iommuError\":{\"reason\":{\"code\":2,"
	  "\"name\":\"bad_stream_id\",\"text\":\"The stream table has no entry for the device.\","
	  "\"flags\":0},\"iova\":\"0\",\"iovaUnknown\":true,\"access\":\"ACCESS_UNKNOWN\"}" },
	{ { EVENT(DPC), .dpc = FAULTCAST_DPC_RP_PIO, .dpc_status = 0x1f07 },
	  ",\"dpc\":{\"trigger\":\"DPC_TRIGGER_RP_PIO\",\"status\":7943}" },
	{ { EVENT(RECOVERY), .recovery = FAULTCAST_RECOVERY_FAILED },
	  ",\"recovery\":{\"step\":\"RECOVERY_STEP_FAILED\"}" },
};

static void abi_6(void **state)
{
	static const char *const kinds[FAULTCAST_KIND_MAX + 1] = {
		[FAULTCAST_KIND_IOMMU_ERROR] = "KIND_IOMMU_ERROR",
		[FAULTCAST_KIND_DPC] = "KIND_DPC",
		[FAULTCAST_KIND_RECOVERY] = "KIND_RECOVERY",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(abi_6_events) / sizeof(abi_6_events[0]); i++)
		expect_event(&abi_6_events[i].ev, kinds[abi_6_events[i].ev.kind], "",
			     abi_6_events[i].tail);
}

static void hotplug(void **state)
{
	static const char *const tails[] = {
		",\"hotplug\":{\"event\":\"SLOT_EVENT_LINK_UP\"}",
		",\"hotplug\":{\"event\":\"SLOT_EVENT_LINK_DOWN\"}",
		",\"hotplug\":{\"event\":\"SLOT_EVENT_CARD_PRESENT\"}",
		",\"hotplug\":{\"event\":\"SLOT_EVENT_CARD_NOT_PRESENT\"}",
		",\"hotplug\":{\"event\":\"SLOT_EVENT_OTHER\"}",
		",\"hotplug\":{\"event\":6}",
	};

	(void)state;
	for (uint32_t event = 0; event < sizeof(tails) / sizeof(tails[0]); event++) {
		struct fault_event ev = { EVENT(HOTPLUG), .hotplug = event };

		expect_event(&ev, "KIND_HOTPLUG", "", tails[event]);
	}
}

/* A summary has no detail, not even leftovers of another kind. */
static void suppressed(void **state)
{
	const struct fault_event ev = { EVENT(SUPPRESSED), .suppressed_before = UINT64_MAX,
					.lost_before = UINT64_MAX - 1, .has_tlp = true,
					.has_iova = true };
	struct stream_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_event(&m, &ev);
	expect_json(&m.msg.base,
		    "{\"cursor\":\"1.2.0\",\"event\":{\"seq\":\"2\",\"kind\":\"KIND_SUPPRESSED\","
		    "\"device\":{\"name\":\"unknown\"},\"synthetic\":false,"
		    "\"monotonicNs\":\"0\",\"realtimeNs\":\"0\","
		    "\"suppressedBefore\":\"18446744073709551615\","
		    "\"slot\":0,\"identityLate\":false,\"generation\":0,\"instance\":\"1\","
		    "\"lostBefore\":\"18446744073709551614\"}}");
}

static const struct device_identity card = {
	.generation = 3,
	.vendor_id = 0x8086,
	.device_id = 0x10d3,
	.subsystem_vendor_id = 0x1af4,
	.subsystem_device_id = 0x1100,
	.class_code = 0x020000,
	.revision = 255,
	.serial = 0xfedcba9876543210,
	.driver = "e1000e",
	.physical_slot = "4-1",
};

#define CARD_JSON                                                                                  \
	"\"identity\":{\"vendorId\":32902,\"deviceId\":4307,\"subsystemVendorId\":6900,"           \
	"\"subsystemDeviceId\":4352,\"classCode\":131072,\"revision\":255,"                        \
	"\"driver\":\"e1000e\",\"physicalSlot\":\"4-1\","                                          \
	"\"serial\":{\"value\":\"18364758544493064720\"},\"generation\":3}"

static void identity_in_an_event(void **state)
{
	struct fault_event ev = { EVENT(HOTPLUG), .identity = card };
	const char *detail = ",\"hotplug\":{\"event\":\"SLOT_EVENT_LINK_UP\"}";
	const char *generation_only =
		",\"identity\":{\"vendorId\":0,\"deviceId\":0,\"subsystemVendorId\":0,"
		"\"subsystemDeviceId\":0,\"classCode\":0,\"revision\":0,\"driver\":\"\","
		"\"physicalSlot\":\"\",\"generation\":9}";

	(void)state;
	expect_event(&ev, "KIND_HOTPLUG", "," CARD_JSON, detail);
	ev.identity = (struct device_identity){ .generation = 9 };
	expect_event(&ev, "KIND_HOTPLUG", generation_only, detail);
	ev.identity = (struct device_identity){ .vendor_id = 1 };
	expect_event(&ev, "KIND_HOTPLUG", "", detail);
}

/* The event keeps the generation of an identity that the module no longer has. */
static void generation_and_late(void **state)
{
	const struct fault_event ev = { EVENT(SUPPRESSED), .generation = 7, .identity_late = true };
	struct stream_message m;

	(void)state;
	message_event(&m, &ev);
	assert_int_equal(m.event.generation, 7);
	assert_true(m.event.identity_late);
	assert_null(m.event.identity);
}

static const struct device_counts full = {
	.address = { .type = ADDRESS_PCI, .bdf = 0x0300 },
	.slot = 3,
	.io_page_faults = { [FAULTCAST_ACCESS_UNKNOWN] = 1,
			    [FAULTCAST_ACCESS_READ] = 2,
			    [FAULTCAST_ACCESS_WRITE] = 3,
			    [FAULTCAST_ACCESS_OTHER] = 4 },
	.interrupt_remapping = 5,
	.synthetic = 6,
	.other = 7,
	.raised = 128,
	.published = 120,
	.suppressed = 5,
	.lost = 3,
	.first_real_ns = 100,
	.last_real_ns = 200,
	.aer = { [FAULTCAST_SEVERITY_NONFATAL] = 8,
		 [FAULTCAST_SEVERITY_FATAL] = 9,
		 [FAULTCAST_SEVERITY_CORRECTED] = 10 },
	.link = 11,
	.hotplug = { 12, 13, 14, 15, 16 },
	.iommu_errors = 17,
	.dpc = { 18, 19, 20, 21, 22, 23 },
	.recovery = { 24, 25, 26, 27 },
	.aer_errors = { [FAULTCAST_SEVERITY_NONFATAL] = { [20] = 17 },
			[FAULTCAST_SEVERITY_FATAL] = { [4] = 18, [11] = UINT64_MAX },
			[FAULTCAST_SEVERITY_CORRECTED] = { [FAULTCAST_AER_BIT_NONE] = 19 } },
	.identity = card,
	.present = true,
	.has_limit = true,
	.rate = 1000000000,
	.burst = 512,
};

static void change_of_health(void **state)
{
	const struct cursor at = { .instance = 0xabc, .seq = 5, .sub = 72 };
	const struct health_change changes[] = {
		{ .device = { .type = ADDRESS_PCI, .bdf = 0x300 },
		  .from = HEALTH_OK,
		  .to = HEALTH_SUSPECT,
		  .rule = "io_page_fault_seen",
		  .real_ns = 100 },
		{ .from = HEALTH_UNKNOWN, .to = HEALTH_FAULTY },
	};
	struct stream_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_health(&m, &at, &changes[0]);
	expect_json(&m.msg.base,
		    "{\"cursor\":\"abc.5.72\",\"health\":{\"device\":{\"name\":\"0000:03:00.0\","
		    "\"pci\":{\"segment\":0,\"bus\":3,\"device\":0,\"function\":0}},"
		    "\"from\":\"HEALTH_OK\",\"to\":\"HEALTH_SUSPECT\","
		    "\"rule\":\"io_page_fault_seen\",\"realtimeNs\":\"100\"}}");
	message_health(&m, &at, &changes[1]);
	expect_json(&m.msg.base,
		    "{\"cursor\":\"abc.5.72\",\"health\":{\"device\":{\"name\":\"unknown\"},"
		    "\"from\":\"HEALTH_UNSPECIFIED\",\"to\":\"HEALTH_FAULTY\",\"rule\":\"\","
		    "\"realtimeNs\":\"0\"}}");
}

static void device_with_everything(void **state)
{
	struct device_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_device(&m, &full, HEALTH_FAULTY);
	expect_json(&m.msg.base,
		    "{\"address\":{\"name\":\"0000:03:00.0\",\"pci\":{\"segment\":0,\"bus\":3,"
		    "\"device\":0,\"function\":0}},\"slot\":3,\"ioPageFaults\":{\"read\":\"2\","
		    "\"write\":\"3\",\"unknown\":\"1\",\"other\":\"4\"},"
		    "\"interruptRemappingFaults\":\"5\",\"synthetic\":\"6\",\"other\":\"7\","
		    "\"raised\":\"128\",\"published\":\"120\",\"suppressed\":\"5\",\"lost\":\"3\","
		    "\"firstRealtimeNs\":\"100\",\"lastRealtimeNs\":\"200\"," CARD_JSON ","
		    "\"aer\":{\"nonfatal\":\"8\",\"fatal\":\"9\",\"corrected\":\"10\"},"
		    "\"aerErrors\":[{\"severity\":\"SEVERITY_NONFATAL\",\"bit\":20,"
		    "\"name\":\"UnsupReq\",\"count\":\"17\"},{\"severity\":\"SEVERITY_FATAL\","
		    "\"bit\":4,\"name\":\"DLP\",\"count\":\"18\"},{\"severity\":\"SEVERITY_FATAL\","
		    "\"bit\":11,\"name\":\"bit11\",\"count\":\"18446744073709551615\"},"
		    "{\"severity\":\"SEVERITY_CORRECTED\",\"bit\":32,\"name\":\"none\","
		    "\"count\":\"19\"}],\"linkChanges\":\"11\",\"hotplug\":{\"linkUp\":\"12\","
		    "\"linkDown\":\"13\",\"cardPresent\":\"14\",\"cardNotPresent\":\"15\","
		    "\"other\":\"16\"},\"present\":true,\"limit\":{\"rate\":1000000000,"
		    "\"burst\":512},\"health\":\"HEALTH_FAULTY\",\"iommuErrors\":\"17\","
		    "\"dpc\":{\"uncorrectable\":\"18\",\"nonfatal\":\"19\",\"fatal\":\"20\","
		    "\"rpPio\":\"21\",\"software\":\"22\",\"other\":\"23\"},\"recovery\":{"
		    "\"begun\":\"24\",\"recovered\":\"25\",\"failed\":\"26\",\"other\":\"27\"}}");
}

/* A host bridge has no entry for DMA faults. */
static void device_with_coverage(void **state)
{
	const struct device_counts counts = { .slot = 1 };
	const struct coverage_device nic = { .iommu = COVERAGE_IOMMU_AMD,
					     .domain = COVERAGE_DOMAIN_TRANSLATED,
					     .is_requester = true,
					     .has_aer = true,
					     .aer = COVERAGE_AER_KERNEL };
	const struct coverage_device bridge = { .iommu = COVERAGE_IOMMU_NONE };
	const struct module_status module = {
		.probes = { { .name = "iommu", .state = FAULTCAST_PROBE_ACTIVE },
			    { .name = "aer", .state = FAULTCAST_PROBE_ACTIVE, .exact = true } },
		.num_probes = 2,
	};
	struct device_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_device(&m, &counts, HEALTH_UNKNOWN);
	message_device_coverage(&m, &nic, &module);
	expect_json_end(&m.msg.base,
			"\"coverage\":[{\"kind\":\"KIND_IO_PAGE_FAULT\","
			"\"state\":\"COVERAGE_STATE_LOWER_BOUND\",\"reason\":\"driver_partial\"},"
			"{\"kind\":\"KIND_INTERRUPT_REMAPPING\","
			"\"state\":\"COVERAGE_STATE_UNWATCHED\",\"reason\":\"probe_inactive\"},"
			"{\"kind\":\"KIND_AER\",\"state\":\"COVERAGE_STATE_EXACT\","
			"\"reason\":\"\"}],\"iommuErrors\":\"0\"}");
	message_device(&m, &counts, HEALTH_UNKNOWN);
	message_device_coverage(&m, &bridge, NULL);
	expect_json_end(&m.msg.base,
			"\"coverage\":[{\"kind\":\"KIND_INTERRUPT_REMAPPING\","
			"\"state\":\"COVERAGE_STATE_UNWATCHED\",\"reason\":\"no_iommu\"},"
			"{\"kind\":\"KIND_AER\",\"state\":\"COVERAGE_STATE_UNWATCHED\","
			"\"reason\":\"no_capability\"}],\"iommuErrors\":\"0\"}");
}

/* The message names at most 16 requester ids. */
static void device_with_requesters(void **state)
{
	const struct device_counts counts = { .slot = 1 };
	const struct coverage_device legacy = { .iommu = COVERAGE_IOMMU_VTD,
						.domain = COVERAGE_DOMAIN_TRANSLATED,
						.is_requester = true,
						.ids = COVERAGE_IDS_OTHER };
	const struct module_status module = {
		.probes = { { .name = "vtd", .state = FAULTCAST_PROBE_ACTIVE } },
		.num_probes = 1,
	};
	const struct device_alias aliases[DEVICE_ALIASES_MAX] = { { 0, 0x0200 } };
	struct device_message m;

	(void)state;
	message_device(&m, &counts, HEALTH_UNKNOWN);
	message_device_coverage(&m, &legacy, &module);
	message_device_requesters(&m, aliases, 1);
	expect_json_end(&m.msg.base,
			"\"coverage\":[{\"kind\":\"KIND_IO_PAGE_FAULT\","
			"\"state\":\"COVERAGE_STATE_BY_REQUESTER\",\"reason\":\"probe_inexact\"},"
			"{\"kind\":\"KIND_INTERRUPT_REMAPPING\","
			"\"state\":\"COVERAGE_STATE_BY_REQUESTER\",\"reason\":\"probe_inexact\"},"
			"{\"kind\":\"KIND_AER\",\"state\":\"COVERAGE_STATE_UNWATCHED\","
			"\"reason\":\"no_capability\"}],"
			"\"iommuErrors\":\"0\",\"requesters\":[{\"name\":\"0000:02:00.0\",\"pci\":{"
			"\"segment\":0,"
			"\"bus\":2,\"device\":0,\"function\":0}}]}");
	message_device(&m, &counts, HEALTH_UNKNOWN);
	message_device_requesters(&m, aliases, DEVICE_ALIASES_MAX);
	assert_int_equal(m.msg.n_requesters, CARDS_MAX);
}

/* A device of a module with the first interface: no identity, no limit, no errors. */
static void device_with_little(void **state)
{
	const struct device_counts counts = { .slot = 1, .rate = 5, .burst = 6 };
	struct device_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_device(&m, &counts, HEALTH_UNKNOWN);
	expect_json(&m.msg.base,
		    "{\"address\":{\"name\":\"unknown\"},\"slot\":1,\"ioPageFaults\":{"
		    "\"read\":\"0\",\"write\":\"0\",\"unknown\":\"0\",\"other\":\"0\"},"
		    "\"interruptRemappingFaults\":\"0\",\"synthetic\":\"0\",\"other\":\"0\","
		    "\"raised\":\"0\",\"published\":\"0\",\"suppressed\":\"0\",\"lost\":\"0\","
		    "\"firstRealtimeNs\":\"0\",\"lastRealtimeNs\":\"0\","
		    "\"aer\":{\"nonfatal\":\"0\",\"fatal\":\"0\",\"corrected\":\"0\"},"
		    "\"linkChanges\":\"0\",\"hotplug\":{\"linkUp\":\"0\",\"linkDown\":\"0\","
		    "\"cardPresent\":\"0\",\"cardNotPresent\":\"0\",\"other\":\"0\"},"
		    "\"present\":false,\"health\":\"HEALTH_UNSPECIFIED\",\"iommuErrors\":\"0\"}");
}

/* As many errors as the message's array can hold. */
static void device_with_every_error(void **state)
{
	struct device_counts counts = { .slot = 1 };
	struct device_message m;

	(void)state;
	memset(counts.aer_errors, 1, sizeof(counts.aer_errors));
	message_device(&m, &counts, HEALTH_UNKNOWN);
	assert_int_equal(m.msg.n_aer_errors, 99);
	assert_int_equal(m.msg.aer_errors[98]->severity,
			 FAULTCAST__V1__SEVERITY__SEVERITY_CORRECTED);
	assert_int_equal(m.msg.aer_errors[98]->bit, 32);
	assert_string_equal(m.msg.aer_errors[98]->name, "none");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aer),
		cmocka_unit_test(aer_with_every_bit),
		cmocka_unit_test(link_change),
		cmocka_unit_test(hotplug),
		cmocka_unit_test(abi_6),
		cmocka_unit_test(suppressed),
		cmocka_unit_test(identity_in_an_event),
		cmocka_unit_test(generation_and_late),
		cmocka_unit_test(change_of_health),
		cmocka_unit_test(device_with_everything),
		cmocka_unit_test(device_with_coverage),
		cmocka_unit_test(device_with_requesters),
		cmocka_unit_test(device_with_little),
		cmocka_unit_test(device_with_every_error),
	};

	return cmocka_run_group_tests_name("json_kinds", tests, NULL, NULL);
}
