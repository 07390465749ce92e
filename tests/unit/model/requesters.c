// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: each requester id leads to all cards that have it as an alias, in the order of the cards,
 * and to no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "model/requesters.h"

static struct requesters requesters;

/* The numbers of the requester's cards, such as "0 3 ". */
static void expect_cards(const char *device, const char *expected)
{
	const struct requester_link *links;
	struct address address;
	char got[256] = "";
	size_t num;

	assert_int_equal(address_parse(device, &address), 0);
	links = requesters_of(&requesters, &address, &num);
	assert_true(!links == !num);
	for (size_t i = 0; i < num; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%zu ", links[i].card);
	assert_string_equal(got, expected);
}

static void leads_to_cards(void **state)
{
	const struct device_alias bridge = { 0, 0x0200 }, vmd = { 0, 0x00e8 },
				  both[] = { vmd, bridge }, other = { 0x10000, 0x0200 };

	(void)state;
	requesters_sort(&requesters);
	expect_cards("0000:02:00.0", "");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(requesters_add(&requesters, &bridge, 1, 3), 0);
		assert_int_equal(requesters_add(&requesters, both, 2, 0), 0);
		assert_int_equal(requesters_add(&requesters, NULL, 0, 1), 0);
		assert_int_equal(requesters_add(&requesters, &other, 1, 2), 0);
		requesters_sort(&requesters);
		expect_cards("0000:02:00.0", "0 3 ");
		expect_cards("0000:00:1d.0", "0 ");
		expect_cards("10000:02:00.0", "2 ");
		expect_cards("0000:02:00.1", "");
		expect_cards("0001:02:00.0", "");
		expect_cards("platform/dma", "");
		expect_cards("unknown", "");
		requesters_clear(&requesters);
		expect_cards("0000:02:00.0", "");
	}
	requesters_free(&requesters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leads_to_cards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
