// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: triggers of containments, steps of recoveries and changes of slots are decoded as the
 * kernel understands them, whatever the registers contain.
 *
 * This is kmod/probe/pcie_decode.c itself, built against the stand-ins in tests/unit/kernel/.
 */
#include "../../../kmod/probe/pcie_decode.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../tables/pcie.h"

#define NUM(a) (sizeof(a) / sizeof((a)[0]))

static void test_dpc(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM(dpc_statuses); i++) {
		const struct dpc_status *test = &dpc_statuses[i];

		if (pcie_decode_dpc(test->status) != test->want)
			fail_msg("%s: decoded as %u", test->what, pcie_decode_dpc(test->status));
		if (pcie_decode_dpc_has_source(test->status) != test->source)
			fail_msg("%s: source", test->what);
	}
	for (uint32_t status = 0; status <= 0xffff; status++)
		assert_true(pcie_decode_dpc((u16)status) <= FAULTCAST_DPC_MAX);
}

static void test_recovery(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM(ers_results); i++)
		if (pcie_decode_recovery(ers_results[i].result) != ers_results[i].want)
			fail_msg("%s", ers_results[i].what);
}

static void test_slot(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM(slot_changes); i++) {
		const struct slot_change *test = &slot_changes[i];
		u8 got[4];
		unsigned int num = test->on ? pcie_decode_off(test->events, got) : 0;

		num += pcie_decode_on(test->present, test->active, got + num);
		if (num != test->num || memcmp(got, test->want, num))
			fail_msg("%s", test->what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dpc),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
