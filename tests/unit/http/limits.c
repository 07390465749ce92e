// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: who counts as one client, by address family; which addresses are trusted; that one client
 * gets at most half of something limited, and gives it back.
 */
#include "http/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct limits_client *get(const char *text, uint32_t scope)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_scope_id = scope };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return limits_client_get(-1, (const void *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return limits_client_get(-1, (const void *)&in6);
}

static void set(const char *name, const char *text)
{
	const struct option_set sets[] = { { limits_settings.rows, limits_settings.running },
					   { .rows = NULL } };
	struct strbuf error = STRBUF_INIT;
	void *value = NULL;
	const struct option_row *row = options_find(sets, name, strlen(name), &value);

	assert_non_null(row);
	assert_int_equal(options_set(row, value, name, text, &error), 0);
}

static void start(const char *max, const char *max_per_client, const char *trusted)
{
	memcpy(limits_settings.running, limits_settings.defaults, limits_settings.size);
	set("web.max-connections", max);
	set("web.max-connections-per-address", max_per_client);
	if (trusted)
		set("web.trusted-addresses", trusted);
	limits_start();
}

static void networks(void **state)
{
	static const char *const good[] = { "192.0.2.1", "0.0.0.0/0",	  "10.0.0.0/8",
					    "::/0",	 "2001:db8::/32", "::1" };
	static const char *const bad[] = { "",		 "x",	  "192.0.2.1/33",
					   "192.0.2.1/", "/8",	  "::1/129",
					   "1.2.3.4/-1", "1.2.3", "fe80::1%lo" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(limits_is_network(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(limits_is_network(bad[i]));
}

/* True if a connection of each of the addresses counts as one of the same client. */
static bool are_one(const char *a, uint32_t scope_a, const char *b, uint32_t scope_b)
{
	struct limits_client *first = get(a, scope_a), *second = get(b, scope_b);
	bool same = first == second;

	limits_client_put(first);
	limits_client_put(second);
	return same;
}

static void clients(void **state)
{
	(void)state;
	start("100", "10", NULL);
	assert_true(are_one("192.0.2.1", 0, "192.0.2.1", 0));
	assert_false(are_one("192.0.2.1", 0, "192.0.2.2", 0));
	assert_true(are_one("192.0.2.1", 0, "::ffff:192.0.2.1", 0));
	assert_false(are_one("::ffff:192.0.2.1", 0, "::ffff:192.0.2.2", 0));
	assert_true(are_one("2001:db8::1", 0, "2001:db8::ffff:1", 0));
	assert_false(are_one("2001:db8::1", 0, "2001:db8:0:1::1", 0));
	assert_false(are_one("fe80::1", 1, "fe80::2", 1));
	assert_false(are_one("fe80::1", 1, "fe80::1", 2));
	assert_true(are_one("fe80::1", 1, "fe80::1", 1));
}

static void name(void **state)
{
	static const char *const names[][2] = { { "192.0.2.1", "192.0.2.1" },
						{ "2001:db8::1", "2001:db8::/64" } };

	(void)state;
	start("100", "10", NULL);
	for (size_t i = 0; i < 2; i++) {
		struct limits_client *client = get(names[i][0], 0);
		struct strbuf text = STRBUF_INIT;

		limits_client_name(client, &text);
		assert_string_equal(strbuf_str(&text), names[i][1]);
		strbuf_free(&text);
		limits_client_put(client);
	}
}

static bool exceeds_two(const char *address)
{
	struct limits_client *all[3];
	bool exceeds;

	for (int i = 0; i < 3; i++)
		all[i] = get(address, 0);
	exceeds = limits_client_exceeded(all[0]);
	for (int i = 0; i < 3; i++)
		limits_client_put(all[i]);
	return exceeds;
}

static void trusted(void **state)
{
	(void)state;
	start("100", "2", "192.0.2.128/25");
	assert_true(exceeds_two("192.0.2.127"));
	assert_false(exceeds_two("192.0.2.128"));
	assert_false(exceeds_two("::ffff:192.0.2.255"));
	start("100", "2", "2001:db8:8::/45");
	assert_false(exceeds_two("2001:db8:f:ffff::1"));
	assert_true(exceeds_two("2001:db8:10::1"));
	assert_true(exceeds_two("192.0.2.128"));
	start("100", "0", NULL);
	assert_false(exceeds_two("192.0.2.1"));
	/* However large the limit of one client, others have as many connections. */
	start("3", "100", NULL);
	assert_true(exceeds_two("192.0.2.1"));
}

static void halves(void **state)
{
	struct limits_client *one, *other;

	(void)state;
	start("100", "10", NULL);
	one = get("192.0.2.1", 0);
	other = get("192.0.2.2", 0);
	assert_true(limits_take(one, LIMITS_METRICS, 5));
	assert_true(limits_take(one, LIMITS_METRICS, 5));
	assert_true(limits_take(one, LIMITS_METRICS, 5));
	assert_false(limits_take(one, LIMITS_METRICS, 5));
	assert_true(limits_take(one, LIMITS_EVENTS, 5));
	assert_true(limits_take(other, LIMITS_METRICS, 5));
	assert_true(limits_take(other, LIMITS_METRICS, 5));
	assert_false(limits_take(other, LIMITS_METRICS, 5));
	limits_give_back(one, LIMITS_METRICS);
	assert_true(limits_take(other, LIMITS_METRICS, 5));
	assert_true(limits_take(one, LIMITS_METRICS, 0));
	limits_client_put(one);
	limits_client_put(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks), cmocka_unit_test(clients), cmocka_unit_test(name),
		cmocka_unit_test(trusted),  cmocka_unit_test(halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
