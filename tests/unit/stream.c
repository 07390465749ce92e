// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: whoever reads the stream gets every event once and in order, or is told what is missing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus.h"
#include "loop.h"
#include "message.h"
#include "output/stream.h"
#include "source/netlink.h"
#include "window.h"

#define INSTANCE 0xabc

static struct loop loop;
static struct source_status status;
static unsigned int wakes;

static int setup(void **state)
{
	(void)state;
	wakes = 0;
	status = (struct source_status){ .name = "test" };
	bus_set_source(&status);
	return loop_init(&loop) || bus_init(&loop);
}

static int teardown(void **state)
{
	(void)state;
	bus_fini();
	loop_fini(&loop);
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

		status.cursor = (struct cursor){ .instance = instance, .seq = seq };
		bus_sink.event(NULL, &ev, true);
	}
}

static void gap(uint64_t instance, uint64_t from, uint64_t to)
{
	const struct cursor at = { .instance = instance, .seq = to };
	const struct fault_gap missing = { .reason = GAP_HISTORY, .from = from, .to = to };

	status.cursor = at;
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
	else if (m->gap->missing)
		strbuf_addf(out, "gap%d:%d-%d@%s ", m->gap->reason, (int)m->gap->missing->from,
			    (int)m->gap->missing->to, m->cursor);
	else
		strbuf_addf(out, "gap%d:?@%s ", m->gap->reason, m->cursor);
	faultcast__v1__stream_message__free_unpacked(m, NULL);
}

/* Everything there is now, a word a message; reads by @step bytes. */
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
	/* Of the future, and of an instance that never was. */
	expect("abc.4.0", "gap2:?@abc.0.0 abc.1.0 abc.2.0 abc.3.0 end");
	expect("def.1.0", "gap2:?@abc.0.0 abc.1.0 abc.2.0 abc.3.0 end");
	/* The cursor of that gap resumes behind it. */
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
	/* Of a gap only what is still ahead. */
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
	expect("abc.1.0", "abc.2.0 gap4:?@abc.2.4294967295 def.1.0 def.2.0 end");
	expect("abc.2.0", "gap4:?@abc.2.4294967295 def.1.0 def.2.0 end");
	expect("abc.2.4294967295", "def.1.0 def.2.0 end");
	expect("def.1.0", "def.2.0 end");
	/* Nobody saw the end of it, nor the beginning of the next one. */
	publish(0x123, 5, 5);
	expect("def.2.0", "gap4:?@def.2.4294967295 gap1:1-4@123.4.0 123.5.0 end");
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
	/* However the reader slices it. */
	got = drain(client, 7);
	assert_string_equal(got, "abc.2.0 abc.3.0 ");
	free(got);
	assert_int_equal(stream_clients(), 1);
	stream_close(client);
	assert_int_equal(stream_clients(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: nothing makes the bus unready again. */
		cmocka_unit_test_setup_teardown(holds_clients_until_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(resumes, setup, teardown),
		cmocka_unit_test_setup_teardown(states_what_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(crosses_instances, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_the_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(follows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
