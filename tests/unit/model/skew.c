// SPDX-License-Identifier: GPL-2.0-or-later
/* Proves: a module with another ABI or version is reported as such, and an equal one is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/module.h"
#include "model/skew.h"

static const struct {
	struct module_status module;
	int skew;
	const char *says;
} cases[] = {
	{ { .version = VERSION, .abi = FAULTCAST_ABI }, 0, "" },
	{ { .version = "9.9.9", .abi = FAULTCAST_ABI },
	  0,
	  "module 9.9.9 and this " VERSION " have the same ABI" },
	{ { .version = "0.0.1", .abi = FAULTCAST_ABI - 1 }, -1, "older than" },
	{ { .version = VERSION, .abi = FAULTCAST_ABI + 2 }, 2, "newer than" },
	{ { .version = VERSION, .abi = 0 }, -FAULTCAST_ABI, "has ABI 0, older than" },
};

static void is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[SKEW_LEN];

		assert_int_equal(skew_of(&cases[i].module), cases[i].skew);
		skew_describe(&cases[i].module, text);
		assert_int_equal(!*text, !*cases[i].says);
		if (!strstr(text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", text, cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
