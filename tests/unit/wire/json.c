// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the exporter's JSON is exactly the ProtoJSON mapping of proto/faultcast/v1, and
 * it is valid JSON whatever text the kernel sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/module.h"
#include "wire/encode.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void expect_json(const ProtobufCMessage *msg, const char *want)
{
	struct strbuf sb = STRBUF_INIT;

	json_add_message(&sb, msg);
	assert_string_equal(strbuf_str(&sb), want);
	assert_false(sb.failed);
	strbuf_free(&sb);
}

static void expect_event(const struct fault_event *ev, const char *want)
{
	struct stream_message m;

	memset(&m, 0xa5, sizeof(m));
	message_event(&m, ev);
	expect_json(&m.msg.base, want);
}

static void event_with_everything(void **state)
{
	const struct fault_event ev = {
		.instance = UINT64_MAX,
		.seq = 18446744073709551614ULL,
		.mono_ns = 1000,
		.real_ns = 1700000000123456789,
		.iova = 0xfffffffffffff000,
		.suppressed_before = 9,
		.lost_before = 10,
		.device = { .type = ADDRESS_PCI, .segment = 0xffff, .bdf = 0x03ff },
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.slot = UINT32_MAX,
		.access = FAULTCAST_ACCESS_WRITE,
		.reason = 6,
		.pasid = 0xfffff,
		.synthetic = true,
		.has_iova = true,
		.has_reason = true,
		.has_pasid = true,
	};

	(void)state;
	expect_event(&ev, "{\"cursor\":\"ffffffffffffffff.18446744073709551614.0\",\"event\":{"
			  "\"seq\":\"18446744073709551614\",\"kind\":\"KIND_IO_PAGE_FAULT\","
			  "\"device\":{\"name\":\"ffff:03:1f.7\",\"pci\":{\"segment\":65535,"
			  "\"bus\":3,\"device\":31,\"function\":7}},\"synthetic\":true,"
			  "\"monotonicNs\":\"1000\",\"realtimeNs\":\"1700000000123456789\","
			  "\"suppressedBefore\":\"9\",\"slot\":4294967295,"
			  "\"identityLate\":false,\"generation\":0,"
			  "\"instance\":\"18446744073709551615\",\"lostBefore\":\"10\","
			  "\"ioPageFault\":{\"iova\":\"18446744073709547520\","
			  "\"access\":\"ACCESS_WRITE\",\"reason\":{\"code\":6,"
			  "\"name\":\"read_denied\","
			  "\"text\":\"The page has no read permission.\",\"flags\":0},"
			  "\"pasid\":{\"value\":1048575},\"iovaUnknown\":false}}}");
}

static void event_with_little(void **state)
{
	const struct fault_event ev = { .instance = 0xab,
					.seq = 1,
					.kind = FAULTCAST_KIND_IO_PAGE_FAULT };

	(void)state;
	expect_event(&ev, "{\"cursor\":\"ab.1.0\",\"event\":{\"seq\":\"1\","
			  "\"kind\":\"KIND_IO_PAGE_FAULT\",\"device\":{\"name\":\"unknown\"},"
			  "\"synthetic\":false,\"monotonicNs\":\"0\",\"realtimeNs\":\"0\","
			  "\"suppressedBefore\":\"0\",\"slot\":0,\"identityLate\":false,"
			  "\"generation\":0,\"instance\":\"171\",\"lostBefore\":\"0\","
			  "\"ioPageFault\":{\"iova\":\"0\",\"access\":\"ACCESS_UNKNOWN\","
			  "\"iovaUnknown\":true}}}");
}

static void event_of_interrupt_remapping(void **state)
{
	const struct fault_event ev = { .instance = 1,
					.seq = 2,
					.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
					.reason = 0x22,
					.has_reason = true,
					.irte_index = 513 };

	(void)state;
	expect_event(&ev, "{\"cursor\":\"1.2.0\",\"event\":{\"seq\":\"2\","
			  "\"kind\":\"KIND_INTERRUPT_REMAPPING\","
			  "\"device\":{\"name\":\"unknown\"},\"synthetic\":false,"
			  "\"monotonicNs\":\"0\",\"realtimeNs\":\"0\",\"suppressedBefore\":\"0\","
			  "\"slot\":0,\"identityLate\":false,\"generation\":0,\"instance\":\"1\","
			  "\"lostBefore\":\"0\",\"interruptRemapping\":{\"index\":513,\"reason\":{"
			  "\"code\":34,\"name\":\"interrupt_entry_absent\",\"text\":\"The present "
			  "bit of the interrupt remapping entry is clear.\",\"flags\":0},"
			  "\"indexUnknown\":false}}}");
}

/* Unknown kinds and accesses of a newer module become numbers; the kind's detail is omitted. */
static void unknown_enum_values_are_numbers(void **state)
{
	struct fault_event ev = { .instance = 1, .seq = 2, .kind = 42, .has_iova = true };
	struct stream_message m;

	(void)state;
	expect_event(&ev, "{\"cursor\":\"1.2.0\",\"event\":{\"seq\":\"2\",\"kind\":42,"
			  "\"device\":{\"name\":\"unknown\"},\"synthetic\":false,"
			  "\"monotonicNs\":\"0\",\"realtimeNs\":\"0\",\"suppressedBefore\":\"0\","
			  "\"slot\":0,\"identityLate\":false,\"generation\":0,"
			  "\"instance\":\"1\",\"lostBefore\":\"0\"}}");
	ev.kind = FAULTCAST_KIND_IO_PAGE_FAULT;
	ev.access = 99;
	message_event(&m, &ev);
	expect_json(&m.io_page_fault.base, "{\"iova\":\"0\",\"access\":99,\"iovaUnknown\":false}");
}

static const struct {
	const char *raw;
	const char *want;
} names[] = {
	{ "platform/a\"b\\c", "{\"name\":\"platform/a\\\"b\\\\c\"}" },
	{ "x/\x01\x1f\n\t", "{\"name\":\"x/\\u0001\\u001f\\n\\u0009\"}" },
	{ "x/\xff\xc3(", "{\"name\":\"x/\\ufffd\\ufffd(\"}" },
	{ "x/\xc3\xa4\xe2\x82\xac", "{\"name\":\"x/\xc3\xa4\xe2\x82\xac\"}" },
};

static void names_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct fault_event ev = { .instance = 1, .device.type = ADDRESS_NAME };
		struct stream_message m;

		strcpy(ev.device.name, names[i].raw);
		message_event(&m, &ev);
		expect_json(&m.device.msg.base, names[i].want);
	}
}

static const struct {
	struct cursor at;
	struct fault_gap gap;
	const char *want;
} gaps[] = {
	{ { .instance = 0xf, .seq = 9 },
	  { .reason = GAP_HISTORY, .from = 1, .to = 9 },
	  "{\"cursor\":\"f.9.0\",\"gap\":{\"reason\":\"GAP_REASON_HISTORY\","
	  "\"missing\":{\"from\":\"1\",\"to\":\"9\"}}}" },
	{ { .instance = 0xf, .seq = 9 },
	  { .reason = GAP_TOO_SLOW, .from = 9, .to = 9 },
	  "{\"cursor\":\"f.9.0\",\"gap\":{\"reason\":\"GAP_REASON_TOO_SLOW\","
	  "\"missing\":{\"from\":\"9\",\"to\":\"9\"}}}" },
	{ { .instance = 0xf, .seq = 9, .sub = 1 },
	  { .reason = GAP_UNLOADED },
	  "{\"cursor\":\"f.9.1\",\"gap\":{\"reason\":\"GAP_REASON_UNLOADED\"}}" },
	{ { .instance = 0 },
	  { .reason = GAP_UNKNOWN_CURSOR },
	  "{\"cursor\":\"\",\"gap\":{\"reason\":\"GAP_REASON_UNKNOWN_CURSOR\"}}" },
};

static void gaps_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		struct stream_message m;

		memset(&m, 0xa5, sizeof(m));
		message_gap(&m, &gaps[i].at, &gaps[i].gap);
		expect_json(&m.msg.base, gaps[i].want);
	}
}

static void heartbeat(void **state)
{
	const struct cursor at = { .instance = 0xf, .seq = 9 }, none = { 0 };
	struct stream_message m;

	(void)state;
	memset(&m, 0xa5, sizeof(m));
	message_heartbeat(&m, &at, 1700000000000000000);
	expect_json(&m.msg.base, "{\"cursor\":\"f.9.0\","
				 "\"heartbeat\":{\"realtimeNs\":\"1700000000000000000\"}}");
	message_heartbeat(&m, &none, 1);
	expect_json(&m.msg.base, "{\"cursor\":\"\",\"heartbeat\":{\"realtimeNs\":\"1\"}}");
}

static const struct module_status module_now = {
	.instance = 0xab,
	.loaded_real_ns = 1,
	.head = 2,
	.tail = 3,
	.raised = 4,
	.published = 5,
	.suppressed = 6,
	.lost = 7,
	.queued = 8,
	.summaries = 9,
	.hw_overflow = 10,
	.nmissed = 11,
	.unknown_unit = 12,
	.abi = FAULTCAST_ABI,
	.devices_max = 14,
	.history_max = 15,
	.queue_max = 16,
	.rate = 17,
	.burst = 18,
	.host_rate = 19,
	.version = VERSION,
	.probes = { { .name = "vtd", .state = FAULTCAST_PROBE_ACTIVE, .exact = true },
		    { .name = "iommu", .state = 9, .reason = "no \"x\"" } },
	.num_probes = 2,
};

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define ABI_TEXT TEXT(FAULTCAST_ABI)
#define SAME_VERSION_JSON "\"abi\":" ABI_TEXT ",\"skew\":\"\""

#define MODULE_JSON                                                                                \
	"\"module\":{\"instance\":\"171\",\"version\":\"" VERSION "\",\"abi\":" ABI_TEXT ","       \
	"\"loadedRealtimeNs\":\"1\",\"head\":\"2\",\"tail\":\"3\",\"raised\":\"4\","               \
	"\"published\":\"5\",\"suppressed\":\"6\",\"lost\":\"7\",\"queued\":\"8\","                \
	"\"summaries\":\"9\",\"hwOverflow\":\"10\",\"probeMissed\":\"11\","                        \
	"\"unknownUnit\":\"12\",\"devicesMax\":14,\"historyMax\":15,\"queueMax\":16,"              \
	"\"probes\":[{\"name\":\"vtd\",\"state\":\"PROBE_STATE_ACTIVE\",\"exact\":true,"           \
	"\"reason\":\"\"},{\"name\":\"iommu\",\"state\":9,\"exact\":false,"                        \
	"\"reason\":\"no \\\"x\\\"\"}],\"rate\":17,\"burst\":18,\"hostRate\":19}"

static void status(void **state)
{
	Faultcast__V1__Source source;
	struct status_message m;

	(void)state;
	faultcast__v1__source__init(&source);
	source.name = "netlink";
	source.reason = "why";
	source.cursor = "ab.2.0";
	source.refetches = 1;
	source.gap_events = 3;
	source.unknown = 4;
	memset(&m, 0xa5, sizeof(m));
	message_status(&m, "1.2.3", &source, &module_now);
	expect_json(&m.msg.base,
		    "{\"exporterVersion\":\"1.2.3\",\"source\":{\"name\":\"netlink\",\"up\":false,"
		    "\"reason\":\"why\",\"cursor\":\"ab.2.0\",\"refetches\":\"1\","
		    "\"gapEvents\":\"3\",\"unknown\":\"4\"}," MODULE_JSON "," SAME_VERSION_JSON
		    "}");
	message_status(&m, "", NULL, &module_now);
	expect_json(&m.msg.base,
		    "{\"exporterVersion\":\"\"," MODULE_JSON "," SAME_VERSION_JSON "}");
	message_status(&m, "1.2.3", NULL, NULL);
	expect_json(&m.msg.base, "{\"exporterVersion\":\"1.2.3\"," SAME_VERSION_JSON "}");
}

/* An empty list is omitted. */
static void empty_list(void **state)
{
	struct module_status module = { .instance = 1 };
	struct strbuf sb = STRBUF_INIT;
	struct status_message m;

	(void)state;
	message_status(&m, "", NULL, &module);
	json_add_message(&sb, &m.msg.base);
	assert_null(strstr(strbuf_str(&sb), "probes"));
	strbuf_free(&sb);
}

/* Field types that none of our messages has yet, with a descriptor written by hand. */
struct sample {
	ProtobufCMessage base;
	ProtobufCBinaryData bytes;
	int32_t i32;
	int64_t i64;
	float f;
	double d;
	size_t num_list;
	uint64_t *list;
	size_t num_flags;
	protobuf_c_boolean *flags;
};

#define SAMPLE(n, t, member)                                                                       \
	{                                                                                          \
		.name = n, .type = PROTOBUF_C_TYPE_##t, .label = PROTOBUF_C_LABEL_NONE,            \
		.offset = offsetof(struct sample, member)                                          \
	}
#define SAMPLE_LIST(n, t, member)                                                                  \
	{                                                                                          \
		.name = n, .type = PROTOBUF_C_TYPE_##t, .label = PROTOBUF_C_LABEL_REPEATED,        \
		.quantifier_offset = offsetof(struct sample, num_##member),                        \
		.offset = offsetof(struct sample, member)                                          \
	}

static const ProtobufCFieldDescriptor sample_fields[] = {
	SAMPLE("aer_tlp", BYTES, bytes),
	SAMPLE("i32", SINT32, i32),
	SAMPLE("a_i64_b", SFIXED64, i64),
	SAMPLE("f", FLOAT, f),
	SAMPLE("d", DOUBLE, d),
	SAMPLE_LIST("list", UINT64, list),
	SAMPLE_LIST("flags", BOOL, flags),
};

static const ProtobufCMessageDescriptor sample_descriptor = {
	.sizeof_message = sizeof(struct sample),
	.n_fields = ARRAY_SIZE(sample_fields),
	.fields = sample_fields,
};

static void every_type_has_its_form(void **state)
{
	uint8_t tlp[] = { 0xff };
	uint64_t list[] = { 0, UINT64_MAX, 5 };
	protobuf_c_boolean flags[] = { 1, 0 };
	struct sample sample = {
		.base = { .descriptor = &sample_descriptor },
		.bytes = { 1, tlp },
		.i32 = INT32_MIN,
		.i64 = INT64_MIN,
		.f = 0.5F,
		.d = NAN,
		.num_list = 3,
		.list = list,
		.num_flags = 2,
		.flags = flags,
	};

	(void)state;
	expect_json(&sample.base, "{\"aerTlp\":\"/w==\",\"i32\":-2147483648,"
				  "\"aI64B\":\"-9223372036854775808\",\"f\":0.5,\"d\":\"NaN\","
				  "\"list\":[\"0\",\"18446744073709551615\",\"5\"],"
				  "\"flags\":[true,false]}");
	sample = (struct sample){ .base = sample.base, .f = -INFINITY, .d = INFINITY };
	expect_json(&sample.base, "{\"aerTlp\":\"\",\"i32\":0,\"aI64B\":\"0\","
				  "\"f\":\"-Infinity\",\"d\":\"Infinity\"}");
}

/* The vectors of RFC 4648 section 10, and bytes that use the last two digits. */
static const struct {
	const char *raw;
	size_t len;
	const char *base64;
} base64[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\xfb\xff\xbf", 3, "+/+/" },
	{ "\0\0\0\0", 4, "AAAAAA==" },
};

static void bytes_are_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(base64); i++) {
		uint8_t raw[8];
		struct sample sample = { .base = { .descriptor = &sample_descriptor },
					 .bytes = { base64[i].len, raw } };
		char want[64] = "{\"aerTlp\":\"";
		struct strbuf sb = STRBUF_INIT;

		memcpy(raw, base64[i].raw, base64[i].len);
		strcat(strcat(want, base64[i].base64), "\",");
		json_add_message(&sb, &sample.base);
		assert_memory_equal(strbuf_str(&sb), want, strlen(want));
		strbuf_free(&sb);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_with_everything),
		cmocka_unit_test(event_with_little),
		cmocka_unit_test(event_of_interrupt_remapping),
		cmocka_unit_test(unknown_enum_values_are_numbers),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(gaps_are_written),
		cmocka_unit_test(heartbeat),
		cmocka_unit_test(status),
		cmocka_unit_test(empty_list),
		cmocka_unit_test(every_type_has_its_form),
		cmocka_unit_test(bytes_are_base64),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
