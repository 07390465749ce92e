// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: requests that wait for a page at the same time share one page of each format. A page is
 * written in slices, between which the loop does other work. The number of requests is limited.
 * Requests may end at any time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"
#include "bus/bus.h"
#include "bus/snapshot.h"
#include "http/page.h"
#include "http/response.h"

#define STEPS 200
#define STEP_NS 100000
#define SLICE_MAX_NS 2200000 /* the longest slice, and the step that exceeds it */

static bool step(const struct page_format *format, const struct snapshot *s, struct strbuf *body);
static int begin(const struct page_format *format, const struct snapshot *s);
static void end(void);

static const struct page_format short_page = { "text/short", "x", begin, step, end };
static const struct page_format long_page = { "text/long", NULL, begin, step, end };
static const struct page_format failing = { "text/failing", "f", begin, step, end };

static struct loop loop;
static struct limits_client client;
static struct connection connection = { .client = &client };
static int begun, ended, steps, turns, results[3];

static void count(enum page_result result)
{
	results[result]++;
}

static const struct page_kind kind = { LIMITS_DEVICES, count };

static int begin(const struct page_format *format, const struct snapshot *s)
{
	assert_false(s->present);
	if (format == &failing)
		return -EIO;
	assert_int_equal(begun, ended);
	begun++;
	steps = 0;
	return 0;
}

static bool step(const struct page_format *format, const struct snapshot *s, struct strbuf *body)
{
	uint64_t until = clock_mono_ns() + STEP_NS;

	(void)s;
	strbuf_adds(body, "part ");
	if (format->own)
		return false;
	while (clock_mono_ns() < until)
		;
	return ++steps < STEPS;
}

static void end(void)
{
	ended++;
}

static int hook_timeout(struct loop_hook *hook)
{
	(void)hook;
	return 0;
}

static void hook_run(struct loop_hook *hook)
{
	(void)hook;
	turns++;
	loop_stop(&loop);
}

static struct loop_hook other_work = { .timeout_ms = hook_timeout, .run = hook_run };

static int setup(void **state)
{
	static struct feed_status feed = { .absent = true };

	(void)state;
	begun = ended = turns = 0;
	memset(results, 0, sizeof(results));
	memset(client.uses, 0, sizeof(client.uses));
	*(uint64_t *)page_limit_settings.running = 0;
	bus_set_feed(&feed);
	if (loop_init(&loop))
		return -1;
	snapshot_init(&loop);
	page_init(&loop);
	loop_add_hook(&loop, &other_work);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_del_hook(&loop, &other_work);
	page_fini();
	snapshot_fini();
	loop_fini(&loop);
	assert_int_equal(begun, ended);
	return 0;
}

static void ask(struct http_request *request, const struct page_format *format)
{
	static const struct http_route route = { .path = "/page" };

	*request = (struct http_request){ .connection = &connection, .route = &route };
	page_answer(request, &kind, format);
}

static void end_request(struct http_request *request)
{
	if (request->end)
		request->end(request);
	response_discard(request);
	*request = (struct http_request){ 0 };
}

static void turn(void)
{
	loop.stopping = false;
	assert_int_equal(loop_run(&loop), 0);
}

static void turn_until_answered(const struct http_request *request)
{
	while (!request->answered)
		turn();
}

static void is_shared(void **state)
{
	struct http_request requests[6];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		ask(&requests[i], &long_page);
	ask(&requests[5], &short_page);
	for (size_t i = 0; i < 6; i++)
		turn_until_answered(&requests[i]);
	/* The first one found nobody else. The others came while its page was written. */
	assert_int_equal(begun, 3);
	assert_ptr_not_equal(requests[0].buffer, requests[1].buffer);
	for (size_t i = 2; i < 5; i++)
		assert_ptr_equal(requests[i].buffer, requests[1].buffer);
	assert_int_equal(requests[1].buffer->len, STEPS * strlen("part "));
	assert_string_equal(requests[1].content_type, "text/long");
	assert_string_equal(requests[5].content_type, "text/short");
	assert_string_equal(requests[5].buffer->s, "part ");
	assert_int_equal(results[PAGE_OK], 6);
	for (size_t i = 0; i < 6; i++)
		end_request(&requests[i]);
}

static void is_sliced(void **state)
{
	struct http_request request;

	(void)state;
	ask(&request, &long_page);
	turn_until_answered(&request);
	/* Slices are longest while the loop has much other work. */
	assert_true(turns >= STEPS * STEP_NS / SLICE_MAX_NS);
	end_request(&request);
}

static void is_limited(void **state)
{
	struct http_request requests[5];

	(void)state;
	*(uint64_t *)page_limit_settings.running = 3;
	for (size_t i = 0; i < 5; i++)
		ask(&requests[i], &long_page);
	for (size_t i = 3; i < 5; i++) {
		assert_true(requests[i].answered);
		assert_int_equal(requests[i].status, 503);
		assert_string_equal(strbuf_str(&requests[i].body),
				    "too many requests for /page are being answered already\n");
		end_request(&requests[i]);
	}
	assert_int_equal(results[PAGE_REJECTED], 2);
	turn_until_answered(&requests[0]);
	turn_until_answered(&requests[1]);
	/* A request that is being sent still counts. */
	ask(&requests[3], &short_page);
	assert_int_equal(requests[3].status, 503);
	end_request(&requests[3]);
	end_request(&requests[0]);
	ask(&requests[3], &short_page);
	turn_until_answered(&requests[3]);
	assert_int_equal(requests[3].status, 200);
	for (size_t i = 1; i < 4; i++)
		end_request(&requests[i]);
	assert_int_equal(client.uses[LIMITS_DEVICES], 0);
}

static void ends_at_any_time(void **state)
{
	struct http_request first, second, third;

	(void)state;
	ask(&first, &long_page);
	ask(&second, &long_page);
	ask(&third, &short_page);
	turn();
	end_request(&first);
	end_request(&second);
	turn_until_answered(&third);
	assert_string_equal(third.buffer->s, "part ");
	/* The page outlives all but its last reader. */
	ask(&first, &short_page);
	ask(&second, &short_page);
	turn_until_answered(&second);
	end_request(&third);
	end_request(&first);
	assert_string_equal(second.buffer->s, "part ");
	end_request(&second);
	/* At the end of the program, one is being written and one waits. */
	ask(&first, &long_page);
	ask(&second, &long_page);
	turn();
	page_fini();
	assert_int_equal(first.status, 503);
	assert_int_equal(second.status, 503);
	end_request(&first);
	end_request(&second);
	page_init(&loop);
}

static void fails_alone(void **state)
{
	struct http_request requests[3];

	(void)state;
	ask(&requests[0], &long_page);
	ask(&requests[1], &failing);
	ask(&requests[2], &short_page);
	for (size_t i = 0; i < 3; i++)
		turn_until_answered(&requests[i]);
	assert_int_equal(requests[0].status, 200);
	assert_int_equal(requests[1].status, 503);
	assert_int_equal(requests[2].status, 200);
	assert_int_equal(results[PAGE_FAILED], 1);
	for (size_t i = 0; i < 3; i++)
		end_request(&requests[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(is_sliced, setup, teardown),
		cmocka_unit_test_setup_teardown(is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_at_any_time, setup, teardown),
		cmocka_unit_test_setup_teardown(fails_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
