// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: of the two reports that the kernel makes of one advisory non-fatal error, the
 * second one is recognised, and no report of another error is taken for it.
 *
 * This is kmod/probe/aer_pair.c itself, built against the stand-ins in tests/unit/kernel/.
 */
#include "../../../kmod/probe/aer_pair.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define COR FAULTCAST_SEVERITY_CORRECTED
#define NFAT FAULTCAST_SEVERITY_NONFATAL
#define FAT FAULTCAST_SEVERITY_FATAL
#define UNSUP 0x00100000
#define TASK(n) ((const void *)(uintptr_t)(0x10000 + (n)))

#define OUTER 0x7f00 /* the frame of a report, and one of a report within it */
#define INNER 0x7e00

struct step {
	struct aer_report report;
	bool second;
};

#define R(_task, _frame, _slot, _severity, _status, _second)                                       \
	{                                                                                          \
		{ TASK(_task), _frame, _slot, _status, _severity }, _second                        \
	}

static const struct sequence {
	const char *what;
	struct step steps[4];
} sequences[] = {
	{ "a pair", { R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 5, NFAT, UNSUP, true) } },
	{ "a pair beside other corrected errors",
	  { R(1, OUTER, 5, COR, ADVISORY | 1, false), R(1, INNER, 5, NFAT, UNSUP, true) } },
	{ "two pairs",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 5, NFAT, UNSUP, true),
	    R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 5, NFAT, UNSUP, true) } },
	{ "only the next report",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 5, NFAT, UNSUP, true),
	    R(1, INNER, 5, NFAT, UNSUP, false) } },
	{ "an error after it, from the same place in the kernel",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(1, OUTER, 5, NFAT, UNSUP, false) } },
	{ "another corrected error",
	  { R(1, OUTER, 5, COR, 0x40, false), R(1, INNER, 5, NFAT, UNSUP, false) } },
	{ "the advisory bit's number as an uncorrected error",
	  { R(1, OUTER, 5, NFAT, ADVISORY, false), R(1, INNER, 5, NFAT, UNSUP, false) } },
	{ "a fatal error",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 5, FAT, UNSUP, false) } },
	{ "another device",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(1, INNER, 6, NFAT, UNSUP, false) } },
	{ "another task",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(2, INNER, 5, NFAT, UNSUP, false),
	    R(1, INNER, 5, NFAT, UNSUP, true) } },
	{ "two tasks at one place: no pair",
	  { R(1, OUTER, 5, COR, ADVISORY, false), R(65, OUTER, 6, COR, ADVISORY, false),
	    R(1, INNER, 5, NFAT, UNSUP, false) } },
};

static void pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(firsts); j++)
			firsts[j] = (struct aer_report){ 0 };
		for (size_t j = 0; j < 4 && sequences[i].steps[j].report.task; j++) {
			const struct step *step = &sequences[i].steps[j];

			if (aer_pair_is_second(&step->report) != step->second)
				fail_msg("%s: report %zu", sequences[i].what, j + 1);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests_name("aer_pair", tests, NULL, NULL);
}
