// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: whatever the store lacks is read from the window, as soon as the window reaches further
 * back than the store's next row. Events that neither has are stated, and nothing is stated twice.
 */
#include "../store/with_store.h"

#include <errno.h>

#include "stream/stream.h"
#include "wire/decode.h"

static struct stream_client *client;
static struct strbuf received;

static void wake(void *ctx)
{
	(void)ctx;
}

static void note(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EVENT:
		note_event(entry);
		break;
	case ENTRY_GAP:
		note_gap(entry);
		break;
	case ENTRY_HEALTH:
		note_health(entry);
		break;
	}
}

static unsigned int heartbeats;

static bool note_message(const uint8_t *packed, size_t len)
{
	Faultcast__V1__StreamMessage *m = faultcast__v1__stream_message__unpack(NULL, len, packed);
	struct entry entry;
	bool ok = m && !message_read(m, &entry);

	if (ok)
		note(&entry);
	else if (m && m->body_case == FAULTCAST__V1__STREAM_MESSAGE__BODY_HEARTBEAT)
		ok = ++heartbeats;
	if (m)
		faultcast__v1__stream_message__free_unpacked(m, NULL);
	return ok;
}

static bool has_ended(void)
{
	char buf[8192];
	ssize_t n;

	while ((n = stream_read(client, buf, sizeof(buf))) > 0)
		strbuf_add(&received, buf, (size_t)n);
	assert_true(!n || n == -ENODATA);
	return n;
}

static void note_all(void)
{
	size_t at = 0, start;
	ssize_t len;

	while (at < received.len) {
		len = message_read_delimited((uint8_t *)received.s + at, received.len - at, &start);
		assert_true(len > 0);
		assert_true(note_message((uint8_t *)received.s + at + start, (size_t)len - start));
		at += (size_t)len;
	}
}

static const char *ask_request(const struct stream_request *request)
{
	bus_sink.caught_up(NULL);
	strbuf_free(&test_got.text);
	memset(&test_got, 0, sizeof(test_got));
	client = stream_open(request, wake, NULL);
	assert_non_null(client);
	run_until(has_ended);
	stream_close(client);
	note_all();
	strbuf_free(&received);
	end_run();
	return strbuf_str(&test_got.text);
}

/* Everything that a client gets that has the cursor @after; "": one without a cursor. */
static const char *stream_after(const char *after)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF };

	if (*after) {
		request.start = STREAM_AFTER;
		assert_int_equal(cursor_parse(after, &request.after), 0);
	}
	return ask_request(&request);
}

/* The same for device 0000:00:00.3 alone, which has every seventh event. */
static const char *stream_filtered(const char *after)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF };

	request.filter.num_devices = 1;
	request.filter.devices[0] = (struct address){ .type = ADDRESS_PCI, .bdf = 3 };
	if (*after) {
		request.start = STREAM_AFTER;
		assert_int_equal(cursor_parse(after, &request.after), 0);
	}
	return ask_request(&request);
}

static void publish_stored(uint64_t instance, uint64_t from, uint64_t to)
{
	for (; from <= to; from += 1000) {
		publish(instance, from, from + 999 < to ? from + 999 : to);
		run_until(all_stored);
	}
}

static void unload(uint64_t instance, uint64_t seq)
{
	const struct cursor at = { .instance = instance, .seq = seq, .sub = CURSOR_SUB_END };
	const struct fault_gap gap = { .reason = GAP_UNLOADED };

	bus_sink.gap(NULL, &at, &gap);
}

/* Window: 3627 to 20010.  Store: 20001 to 20010. */
static void expect_window(void)
{
	assert_string_equal(stream_after(""), "abc:3627-20010 ");
	assert_string_equal(stream_after("abc.100.0"), "gap0:101-3626 abc:3627-20010 ");
	assert_string_equal(stream_after("abc.5000.0"), "abc:5001-20010 ");
	assert_string_equal(stream_after("abc.20005.0"), "abc:20006-20010 ");
	assert_string_equal(stream_after("abc.20010.0"), "");
	assert_string_equal(stream_after("abc.20011.0"), "gap1@abc.3626 abc:3627-20010 ");
	assert_string_equal(stream_after("def.1.0"), "gap1@abc.3626 abc:3627-20010 ");
	stream_filtered("");
	assert_int_equal(test_got.events, 2341);
	assert_int_equal(test_got.missing, 0);
	stream_filtered("abc.100.0");
	assert_int_equal(test_got.events, 2341);
	assert_int_equal(test_got.missing, 3526);
}

static void a_file_that_was_removed(void **state)
{
	publish_stored(0xabc, 1, 20000);
	assert_string_equal(stream_after(""), "abc:1-20000 ");
	remove_files(state);
	/* A failed write, which notices it, and the repeated one. */
	publish_stored(0xabc, 20001, 20010);
	expect_window();
}

static bool only_last_rows(void)
{
	return !strcmp(read_store("", NULL), "abc:20001-20010 end");
}

static bool has_no_rows(void)
{
	return !strcmp(read_store("", NULL), "end");
}

static void wait_for_rows(bool (*wanted)(void))
{
	for (int i = 0; i < 600 && !wanted(); i++)
		usleep(100000);
	assert_true(wanted());
}

static void a_retention_shorter_than_memory(void **state)
{
	(void)state;
	publish_stored(0xabc, 1, 20000);
	store_worker_set_retention(1, 1ULL << 30);
	wait_for_rows(has_no_rows);
	/* All rows have expired, but the instance is known. */
	assert_string_equal(stream_after(""), "abc:3617-20000 ");
	assert_string_equal(stream_after("abc.100.0"), "gap0:101-3616 abc:3617-20000 ");
	store_worker_set_retention(DAY_NS, 1ULL << 30);
	publish_stored(0xabc, 20001, 20010);
	assert_true(only_last_rows());
	expect_window();
}

static bool has_caught_up(void)
{
	size_t before = received.len;

	has_ended();
	return before && received.len == before;
}

/* The window has moved on, and the store has kept nothing for this client. */
static void a_slow_client_is_counted(void **state)
{
	const struct stream_request request = { .encoding = STREAM_PROTOBUF,
						.start = STREAM_LATEST,
						.follow = true };
	uint64_t before = stream_missed();

	(void)state;
	bus_sink.caught_up(NULL);
	publish_stored(0xabc, 1, 10);
	client = stream_open(&request, wake, NULL);
	has_ended();
	strbuf_free(&received);
	store_worker_set_retention(1, 1ULL << 30);
	publish_stored(0xabc, 11, 20000);
	wait_for_rows(has_no_rows);
	strbuf_free(&test_got.text);
	memset(&test_got, 0, sizeof(test_got));
	run_until(has_caught_up);
	stream_close(client);
	note_all();
	strbuf_free(&received);
	end_run();
	assert_string_equal(strbuf_str(&test_got.text), "gap2:11-3616 abc:3617-20000 ");
	assert_int_equal(stream_missed() - before, 3606);
}

/* A filter that matches no stored row, and a cursor that nobody knows. */
static void an_unknown_cursor_is_told_first(void **state)
{
	(void)state;
	publish_stored(0xabc, 1, 2);
	stop();
	start();
	publish_stored(0xabc, 3, 17000);
	assert_string_equal(stream_after("def.1.0"), "gap1@abc.0 abc:1-17000 ");
	stream_filtered("def.1.0");
	assert_memory_equal(strbuf_str(&test_got.text), "gap1@abc.0 abc:3-3 ", 19);
	assert_int_equal(test_got.events, 17000 / 7 + 1);
}

/* The store has the end of one instance and the beginning of the next. */
static void across_instances(void **state)
{
	publish_stored(0xabc, 1, 500);
	unload(0xabc, 500);
	publish_stored(0xdef, 1, 100);
	remove_files(state);
	publish_stored(0xdef, 101, 200);
	assert_string_equal(stream_after("abc.490.0"), "abc:491-500 gap3@abc.500 def:1-200 ");
	assert_string_equal(stream_after(""), "abc:1-500 gap3@abc.500 def:1-200 ");
	assert_string_equal(stream_after("def.50.0"), "def:51-200 ");
	/* The first instance has left the window. */
	publish_stored(0xdef, 201, 20000);
	assert_string_equal(stream_after("def.50.0"), "gap0:51-100 def:101-20000 ");
	assert_string_equal(stream_after("abc.490.0"), "gap1@def.100 def:101-20000 ");
}

/* A hole in the store that the window does not have is filled; one that both have is stated. */
static void a_hole_in_the_middle(void **state)
{
	(void)state;
	publish_stored(0xabc, 1, 10000);
	stop();
	start();
	publish_gap(0xabc, 10001, 10100);
	publish(0xabc, 10101, 10200);
	run_until(all_stored);
	stop();
	{
		sqlite3 *db;

		assert_int_equal(sqlite3_open(test_path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db,
					      "DELETE FROM event WHERE seq BETWEEN 5001 AND 6000",
					      NULL, NULL, NULL),
				 SQLITE_OK);
		sqlite3_close(db);
	}
	start();
	publish(0xabc, 5500, 10000);
	publish_gap(0xabc, 10001, 10100);
	publish(0xabc, 10101, 10300);
	run_until(all_stored);
	assert_string_equal(stream_after("abc.4990.0"),
			    "abc:4991-5000 gap0:5001-5499 abc:5500-10000 gap0:10001-10100 "
			    "abc:10101-10300 ");
}

/* A client that does not follow knows that a long search goes on. */
static void a_long_search_has_heartbeats(void **state)
{
	struct stream_request request = { .encoding = STREAM_PROTOBUF };

	(void)state;
	publish_stored(0xabc, 1, 30000);
	bus_sink.caught_up(NULL);
	request.filter.num_devices = 1;
	request.filter.devices[0] = (struct address){ .type = ADDRESS_PCI, .bdf = 99 };
	client = stream_open(&request, wake, NULL);
	assert_false(has_ended());
	/* Longer than the store may be searched in silence. */
	usleep(2100000);
	run_until(has_ended);
	stream_close(client);
	heartbeats = 0;
	note_all();
	strbuf_free(&received);
	assert_int_equal(heartbeats, 1);
}

int main(void)
{
#define LACKS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LACKS(a_file_that_was_removed),
		LACKS(a_retention_shorter_than_memory),
		LACKS(an_unknown_cursor_is_told_first),
		LACKS(across_instances),
		LACKS(a_hole_in_the_middle),
		LACKS(a_slow_client_is_counted),
		LACKS(a_long_search_has_heartbeats),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
