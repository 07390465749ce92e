// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: every reader of the stream gets every event once and in order, or is told the gap. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../with_bus.h"
#include "base/clock.h"
#include "bus/window.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "stream/stream.h"
#include "wire/encode.h"

#define INSTANCE 0xabc

static unsigned int wakes;

static int setup(void **state)
{
	(void)state;
	wakes = 0;
	return start_bus();
}

static int teardown(void **state)
{
	(void)state;
	stop_bus();
	return 0;
}

static void wake(void *ctx)
{
	(void)ctx;
	wakes++;
}

static void publish(uint64_t instance, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		const struct fault_event ev = { .instance = instance,
						.seq = seq,
						.kind = FAULTCAST_KIND_IO_PAGE_FAULT };

		test_feed.cursor = (struct cursor){ .instance = instance, .seq = seq };
		bus_sink.event(NULL, &ev, true);
	}
}

static void gap(uint64_t instance, uint64_t from, uint64_t to)
{
	const struct cursor at = { .instance = instance, .seq = to };
	const struct fault_gap missing = { .reason = GAP_HISTORY, .from = from, .to = to };

	test_feed.cursor = at;
	bus_sink.gap(NULL, &at, &missing);
}

static struct stream_client *subscribe(const char *after, bool follow)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF, .follow = follow };
	struct stream_client *client;

	if (after && !strcmp(after, "latest")) {
		request.start = STREAM_LATEST;
	} else if (after) {
		request.start = STREAM_AFTER;
		assert_int_equal(cursor_parse(after, &request.after), 0);
	}
	client = stream_open(&request, wake, NULL);
	assert_non_null(client);
	return client;
}

static void add_line(struct strbuf *out, const uint8_t *packed, size_t len)
{
	Faultcast__V1__StreamMessage *m = faultcast__v1__stream_message__unpack(NULL, len, packed);

	assert_non_null(m);
	if (m->body_case == FAULTCAST__V1__STREAM_MESSAGE__BODY_EVENT)
		strbuf_addf(out, "%s ", m->cursor);
	else if (m->body_case == FAULTCAST__V1__STREAM_MESSAGE__BODY_HEARTBEAT)
		strbuf_addf(out, "heartbeat@%s ", m->cursor);
	else if (m->gap->size_case == FAULTCAST__V1__GAP__SIZE_UNPUBLISHED)
		strbuf_addf(out, "gap%d:%d*%s@%s ", m->gap->reason, (int)m->gap->unpublished,
			    m->gap->device->name, m->cursor);
	else if (m->gap->size_case == FAULTCAST__V1__GAP__SIZE_MISSING)
		strbuf_addf(out, "gap%d:%d-%d@%s ", m->gap->reason, (int)m->gap->missing->from,
			    (int)m->gap->missing->to, m->cursor);
	else
		strbuf_addf(out, "gap%d:?@%s ", m->gap->reason, m->cursor);
	faultcast__v1__stream_message__free_unpacked(m, NULL);
}

/* Returns all present messages, one word for each; reads @step bytes at a time. */
static char *drain(struct stream_client *client, size_t step)
{
	struct strbuf raw = STRBUF_INIT, out = STRBUF_INIT;
	char buf[4096];
	ssize_t n;

	while ((n = stream_read(client, buf, step)) > 0)
		strbuf_add(&raw, buf, (size_t)n);
	for (size_t at = 0; at < raw.len;) {
		size_t len = 0;
		int shift = 0;
		uint8_t byte;

		do {
			byte = (uint8_t)raw.s[at++];
			len |= (size_t)(byte & 0x7f) << shift;
			shift += 7;
		} while (byte & 0x80);
		add_line(&out, (uint8_t *)raw.s + at, len);
		at += len;
	}
	if (n == -ENODATA)
		strbuf_adds(&out, "end");
	strbuf_free(&raw);
	assert_false(out.failed);
	return strbuf_detach(&out);
}

static void expect(const char *after, const char *expected)
{
	struct stream_client *client = subscribe(after, false);
	char *got = drain(client, 4096);

	assert_string_equal(got, expected);
	free(got);
	stream_close(client);
}

static void holds_clients_until_ready(void **state)
{
	struct stream_client *client = subscribe("abc.5.0", false);
	char buf[64];

	(void)state;
	assert_int_equal(stream_read(client, buf, sizeof(buf)), 0);
	bus_sink.caught_up(NULL);
	assert_int_equal(wakes, 1);
	stream_close(client);
}

static void resumes(void **state)
{
	(void)state;
	expect(NULL, "end");
	publish(INSTANCE, 1, 3);
	expect(NULL, "abc.1.0 abc.2.0 abc.3.0 end");
	expect("abc.1.0", "abc.2.0 abc.3.0 end");
	expect("abc.0.0", "abc.1.0 abc.2.0 abc.3.0 end");
	expect("abc.3.0", "end");
	expect("latest", "end");
	/* A cursor in the future, and one of an unknown instance. */
	expect("abc.4.0", "gap2:?@abc.0.0 abc.1.0 abc.2.0 abc.3.0 end");
	expect("def.1.0", "gap2:?@abc.0.0 abc.1.0 abc.2.0 abc.3.0 end");
	/* The cursor of that gap resumes behind the gap. */
	expect("abc.0.0", "abc.1.0 abc.2.0 abc.3.0 end");
}

static void states_what_is_gone(void **state)
{
	(void)state;
	publish(INSTANCE, 10, 11);
	expect("abc.9.0", "abc.10.0 abc.11.0 end");
	expect("abc.4.0", "gap1:5-9@abc.9.0 abc.10.0 abc.11.0 end");
	gap(INSTANCE, 12, 14);
	publish(INSTANCE, 15, 15);
	expect("abc.11.0", "gap1:12-14@abc.14.0 abc.15.0 end");
	expect("abc.14.0", "abc.15.0 end");
	/* A reader in the middle of a gap is told only the rest of the gap. */
	expect("abc.12.0", "gap1:13-14@abc.14.0 abc.15.0 end");
}

static void crosses_instances(void **state)
{
	const struct cursor at = { .instance = INSTANCE, .seq = 2, .sub = CURSOR_SUB_END };
	const struct fault_gap unloaded = { .reason = GAP_UNLOADED };

	(void)state;
	publish(INSTANCE, 1, 2);
	bus_sink.gap(NULL, &at, &unloaded);
	publish(0xdef, 1, 2);
	expect("abc.1.0", "abc.2.0 gap4:?@abc.2.9223372036854775807 def.1.0 def.2.0 end");
	expect("abc.2.0", "gap4:?@abc.2.9223372036854775807 def.1.0 def.2.0 end");
	expect("abc.2.9223372036854775807", "def.1.0 def.2.0 end");
	expect("def.1.0", "def.2.0 end");
	/* The end of this instance and the beginning of the next one were not received. */
	publish(0x123, 5, 5);
	expect("def.2.0", "gap4:?@def.2.9223372036854775807 gap1:1-4@123.4.0 123.5.0 end");
}

static void tells_the_slow(void **state)
{
	struct stream_client *client = subscribe(NULL, true);
	uint64_t before = stream_missed();
	char *got;

	(void)state;
	publish(INSTANCE, 1, 1);
	got = drain(client, 4096);
	assert_string_equal(got, "heartbeat@abc.0.0 abc.1.0 ");
	free(got);
	publish(INSTANCE, 2, WINDOW_ENTRIES + 3);
	got = drain(client, 4096);
	assert_memory_equal(got, "gap3:2-3@abc.3.0 abc.4.0 abc.5.0 ", 33);
	free(got);
	assert_int_equal(stream_missed() - before, 2);
	stream_close(client);
}

static void follows(void **state)
{
	struct stream_client *client;
	char *got;

	(void)state;
	publish(INSTANCE, 1, 1);
	client = subscribe("latest", true);
	got = drain(client, 1);
	assert_string_equal(got, "heartbeat@abc.1.0 ");
	free(got);
	assert_int_equal(wakes, 0);
	publish(INSTANCE, 2, 3);
	assert_int_equal(wakes, 1);
	/* The result does not depend on how many bytes are read at a time. */
	got = drain(client, 7);
	assert_string_equal(got, "abc.2.0 abc.3.0 ");
	free(got);
	assert_int_equal(stream_clients(), 1);
	stream_close(client);
	assert_int_equal(stream_clients(), 0);
}

/* Publishes event @seq of device 0000:@bus:00.0, which reports these unpublished faults. */
static void publish_of(uint64_t seq, uint16_t bus, uint32_t kind, uint64_t suppressed,
		       uint64_t lost)
{
	const struct fault_event ev = {
		.instance = INSTANCE,
		.seq = seq,
		.kind = kind,
		.real_ns = seq * 1000,
		.device = { .type = ADDRESS_PCI, .bdf = (uint16_t)(bus << 8) },
		.suppressed_before = suppressed,
		.lost_before = lost,
	};

	bus_sink.event(NULL, &ev, true);
}

static char *ask(const struct stream_request *request)
{
	struct stream_client *client = stream_open(request, wake, NULL);
	char *got = drain(client, 4096);

	stream_close(client);
	return got;
}

static void expect_request(const struct stream_request *request, const char *expected)
{
	char *got = ask(request);

	assert_string_equal(got, expected);
	free(got);
}

static void tells_of_the_unpublished(void **state)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF };

	(void)state;
	publish_of(1, 1, FAULTCAST_KIND_IO_PAGE_FAULT, 0, 0);
	publish_of(2, 1, FAULTCAST_KIND_IO_PAGE_FAULT, 7, 0);
	expect(NULL, "abc.1.0 gap5:7*0000:01:00.0@abc.1.9223372036854775805 abc.2.0 end");
	/*
	 * A client that had received only the gap gets it again, because the gap belongs
	 * to the event.
	 */
	expect("abc.1.9223372036854775805",
	       "gap5:7*0000:01:00.0@abc.1.9223372036854775805 abc.2.0 end");
	/* The kind of unpublished faults is unknown, so a filter for kinds cannot exclude them. */
	request.filter.kinds = 1U << FAULTCAST_KIND_AER;
	expect_request(&request, "gap5:7*0000:01:00.0@abc.1.9223372036854775805 end");
	request.filter.kinds = 0;
	publish_of(3, 1, FAULTCAST_KIND_IO_PAGE_FAULT, 8, 9);
	publish_of(4, 1, FAULTCAST_KIND_SUPPRESSED, 0, 10);
	expect("abc.2.0", "gap5:8*0000:01:00.0@abc.2.9223372036854775805 "
			  "gap6:9*0000:01:00.0@abc.2.9223372036854775806 abc.3.0 "
			  "gap6:10*0000:01:00.0@abc.3.9223372036854775806 abc.4.0 end");
	/* A client that had received the first of two gaps gets both again. */
	expect("abc.2.9223372036854775805",
	       "gap5:8*0000:01:00.0@abc.2.9223372036854775805 "
	       "gap6:9*0000:01:00.0@abc.2.9223372036854775806 abc.3.0 "
	       "gap6:10*0000:01:00.0@abc.3.9223372036854775806 abc.4.0 end");
	request.filter.num_devices = 1;
	request.filter.devices[0] = (struct address){ .type = ADDRESS_PCI, .bdf = 0x200 };
	expect_request(&request, "end");
}

static void filters(void **state)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF };

	(void)state;
	for (uint64_t seq = 1; seq <= 9; seq++)
		publish_of(seq, seq % 2 ? 1 : 2,
			   seq % 3 ? FAULTCAST_KIND_IO_PAGE_FAULT : FAULTCAST_KIND_AER, 0, 0);
	gap(INSTANCE, 10, 12);
	request.filter.num_devices = 1;
	request.filter.devices[0] = (struct address){ .type = ADDRESS_PCI, .bdf = 0x200 };
	/* The missing events might have been of that device. */
	expect_request(&request, "abc.2.0 abc.4.0 abc.6.0 abc.8.0 gap1:10-12@abc.12.0 end");
	request.filter.kinds = 1U << FAULTCAST_KIND_AER;
	expect_request(&request, "abc.6.0 gap1:10-12@abc.12.0 end");
	request.filter = (struct event_filter){ .since_ns = 3000, .until_ns = 5000 };
	expect_request(&request, "abc.3.0 abc.4.0 gap1:10-12@abc.12.0 end");
	/* Events that the filter excludes are never stated as gaps. */
	request.filter.since_ns = 8000;
	request.filter.until_ns = 0;
	request.start = STREAM_AFTER;
	request.after = (struct cursor){ .instance = INSTANCE, .seq = 2 };
	expect_request(&request, "abc.8.0 abc.9.0 gap1:10-12@abc.12.0 end");
}

static void limits(void **state)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF, .limit = 2 };

	(void)state;
	publish(INSTANCE, 1, 5);
	expect_request(&request, "abc.1.0 abc.2.0 end");
	/* The limit also ends a request with follow. */
	request.follow = true;
	expect_request(&request, "heartbeat@abc.0.0 abc.1.0 abc.2.0 end");
	request.filter.since_ns = 1;
	request.limit = 1;
	publish_of(6, 1, FAULTCAST_KIND_AER, 0, 0);
	expect_request(&request, "heartbeat@abc.0.0 abc.6.0 end");
}

static void speaks_server_sent_events(void **state)
{
	struct stream_request request = { .encoding = STREAM_SSE };
	struct stream_client *client;
	char out[4096] = "";

	(void)state;
	publish(INSTANCE, 1, 1);
	client = stream_open(&request, wake, NULL);
	assert_true(stream_read(client, out, sizeof(out)) > 0);
	assert_memory_equal(out, "retry: 2000\n\nid: abc.1.0\ndata: {\"cursor\":\"abc.1.0\",", 50);
	assert_string_equal(out + strlen(out) - 3, "}\n\n");
	stream_close(client);
}

/* Expires the timers that are due within this time. */
static void run_timers(uint64_t within_ns)
{
	const uint64_t end = clock_mono_ns() + within_ns;

	while (test_loop.timers && test_loop.timers->deadline_ns < end) {
		struct loop_timer *timer = test_loop.timers;

		loop_timer_disarm(&test_loop, timer);
		timer->expired(timer);
	}
}

/* With many clients, the first event wakes them at once. Later events wake them together. */
static void wakes_many_together(void **state)
{
	struct stream_client *many[200];
	char buf[4096];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		many[i] = subscribe("latest", true);
		while (stream_read(many[i], buf, sizeof(buf)) > 0)
			;
	}
	wakes = 0;
	usleep(3000); /* longer than the minimum time between two wake-ups */
	publish(INSTANCE, 1, 1);
	assert_int_equal(wakes, 200);
	for (size_t i = 0; i < 200; i++)
		while (stream_read(many[i], buf, sizeof(buf)) > 0)
			;
	publish(INSTANCE, 2, 3);
	assert_int_equal(wakes, 200);
	/* One timer of the loop wakes all clients, within 2 ms. */
	run_timers(3 * NSEC_PER_MSEC);
	assert_int_equal(wakes, 400);
	for (size_t i = 0; i < 200; i++)
		stream_close(many[i]);
	assert_null(test_loop.timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* This test comes first, because a bus that was ready once stays ready. */
		cmocka_unit_test_setup_teardown(holds_clients_until_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(resumes, setup, teardown),
		cmocka_unit_test_setup_teardown(states_what_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(crosses_instances, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_the_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(follows, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_of_the_unpublished, setup, teardown),
		cmocka_unit_test_setup_teardown(filters, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test_setup_teardown(speaks_server_sent_events, setup, teardown),
		cmocka_unit_test_setup_teardown(wakes_many_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
