// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: AER errors have the names that the kernel's drivers/pci/pcie/aer.c prints,
 * taken from the register that belongs to the severity, and every error bit has a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "faultcast.h"
#include "model/names.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NONFATAL FAULTCAST_SEVERITY_NONFATAL
#define FATAL FAULTCAST_SEVERITY_FATAL
#define CORRECTED FAULTCAST_SEVERITY_CORRECTED

static void severities(void **state)
{
	(void)state;
	assert_string_equal(aer_severity_name(NONFATAL), "nonfatal");
	assert_string_equal(aer_severity_name(FATAL), "fatal");
	assert_string_equal(aer_severity_name(CORRECTED), "corrected");
	assert_string_equal(aer_severity_name(FAULTCAST_SEVERITY_MAX + 1), "unknown");
	assert_string_equal(aer_severity_name(UINT32_MAX), "unknown");
}

static const struct {
	uint32_t severity;
	uint32_t bit;
	const char *name;
} known[] = {
	{ CORRECTED, 0, "RxErr" },
	{ CORRECTED, 6, "BadTLP" },
	{ CORRECTED, 8, "Rollover" },
	{ CORRECTED, 12, "Timeout" },
	{ CORRECTED, 15, "HeaderOF" },
	{ CORRECTED, 1, "bit1" },
	{ CORRECTED, 4, "bit4" },
	{ CORRECTED, 16, "bit16" },
	{ NONFATAL, 0, "Undefined" },
	{ NONFATAL, 4, "DLP" },
	{ FATAL, 4, "DLP" },
	{ FATAL, 5, "SDES" },
	{ FATAL, 12, "TLP" },
	{ NONFATAL, 14, "CmpltTO" },
	{ FATAL, 18, "MalfTLP" },
	{ NONFATAL, 20, "UnsupReq" },
	{ NONFATAL, 26, "PoisonTLPBlocked" },
	{ NONFATAL, 1, "bit1" },
	{ FATAL, 6, "bit6" },
	{ FATAL, 11, "bit11" },
	{ NONFATAL, FAULTCAST_AER_BIT_NONE, "none" },
	{ FATAL, FAULTCAST_AER_BIT_NONE, "none" },
	{ CORRECTED, FAULTCAST_AER_BIT_NONE, "none" },
	{ CORRECTED, FAULTCAST_AER_BIT_NONE + 1, "unknown" },
	{ FATAL, UINT32_MAX, "unknown" },
	/* A severity that only a newer kernel knows must not be decoded as corrected. */
	{ FAULTCAST_SEVERITY_MAX + 1, 4, "DLP" },
	{ UINT32_MAX, UINT32_MAX, "unknown" },
};

static void errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *name = aer_error_name(known[i].severity, known[i].bit);

		if (strcmp(name, known[i].name))
			fail_msg("severity %u bit %u is %s", known[i].severity, known[i].bit, name);
	}
}

/* The names are label values, so each bit of one severity needs a name of its own. */
static void names_are_unique(void **state)
{
	(void)state;
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		for (uint32_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++)
			for (uint32_t other = 0; other < bit; other++)
				assert_string_not_equal(aer_error_name(severity, bit),
							aer_error_name(severity, other));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(severities),
		cmocka_unit_test(errors),
		cmocka_unit_test(names_are_unique),
	};

	return cmocka_run_group_tests_name("aer", tests, NULL, NULL);
}
