// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the exemplar of each of a device's counters is the newest event that it
 * counted. Only events of the present instance of the module count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/exemplars.h"
#include "model/event.h"

static void note(uint64_t instance, uint64_t seq, uint32_t slot)
{
	const struct fault_event ev = { .instance = instance,
					.seq = seq,
					.slot = slot,
					.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
					.access = FAULTCAST_ACCESS_WRITE };

	exemplars_note(&ev);
}

static uint64_t written(const struct device_exemplars *device)
{
	assert_int_equal(device->io_page_faults[FAULTCAST_ACCESS_READ].cursor.instance, 0);
	return device->io_page_faults[FAULTCAST_ACCESS_WRITE].cursor.seq;
}

static void has_the_newest(void **state)
{
	(void)state;
	note(1, 5, 3);
	note(1, 6, 3);
	note(1, 7, 4);
	assert_int_equal(written(exemplars_of(1, 3)), 6);
	assert_int_equal(written(exemplars_of(1, 4)), 7);
	assert_int_equal(written(exemplars_of(1, 5)), 0);
	assert_int_equal(written(exemplars_of(1, 100000)), 0);
	assert_int_equal(written(exemplars_of(2, 3)), 0);
	exemplars_fini();
}

static void forgets_the_module_before(void **state)
{
	(void)state;
	note(1, 5, 3);
	note(1, 6, 5000); /* the table has to grow */
	assert_int_equal(written(exemplars_of(1, 3)), 5);
	/* The module is loaded again, as instance 2. */
	note(2, 1, 4);
	assert_int_equal(written(exemplars_of(1, 3)), 0);
	assert_int_equal(written(exemplars_of(2, 3)), 0);
	assert_int_equal(written(exemplars_of(2, 4)), 1);
	exemplars_fini();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_newest),
		cmocka_unit_test(forgets_the_module_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
