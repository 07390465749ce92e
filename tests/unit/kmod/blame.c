// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: each fault that an IOMMU reports is the device's, the host's or a stall as
 * kmod/uapi/faultcast_reasons.h says, and every row of these tables can be reached and has a name
 * and words. A fault without a row is an error of the host.
 */
#include "../../../kmod/core/blame.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <string.h>

#undef ROW
#define ROW(_code, _mask, _flags, _blame, _name, _words)                                           \
	{ _code, _mask, _flags, FAULTCAST_BLAME_##_blame, #_name, _words },

struct row {
	uint16_t code, mask, flags;
	enum faultcast_blame blame;
	const char *name, *words;
};

static const struct row vtd_rows[] = {
#define FAULTCAST_VTD_REASON ROW
#include "uapi/faultcast_reasons.h"
};
static const struct row amd_rows[] = {
#define FAULTCAST_AMD_REASON ROW
#include "uapi/faultcast_reasons.h"
};
static const struct row smmuv3_rows[] = {
#define FAULTCAST_SMMUV3_REASON ROW
#include "uapi/faultcast_reasons.h"
};

static void check_row(uint32_t type, const struct row *rows, uint32_t at)
{
	const struct row *row = &rows[at];
	uint16_t code = row->code == FAULTCAST_CODE_ANY ? 0xeeee : row->code;
	const size_t len = strlen(row->words);
	uint32_t found;

	assert_int_equal(faultcast_blame(type, code, row->flags, &found), row->blame);
	if (found != at)
		fail_msg("%s: hidden by %s", row->name, rows[found].name);
	assert_string_equal(faultcast_blame_name(type, at), row->name);
	for (const char *c = row->name; *c; c++)
		if (!islower(*c) && !isdigit(*c) && *c != '_')
			fail_msg("%s is not a name", row->name);
	if (!isupper(row->words[0]) || row->words[len - 1] != '.' || len > 80)
		fail_msg("%s: \"%s\" is not a short sentence", row->name, row->words);
	for (uint32_t i = 0; i < at; i++)
		assert_string_not_equal(rows[i].name, row->name);
}

static void check_table(uint32_t type, const struct row *rows, uint32_t num)
{
	uint32_t row;

	for (uint32_t i = 0; i < num; i++)
		check_row(type, rows, i);
	assert_string_equal(faultcast_blame_name(type, num), "unknown");
	assert_null(faultcast_blame_name(type, num + 1));
	assert_int_equal(faultcast_blame(type, 0xffee, 0, &row), FAULTCAST_BLAME_HOST);
	assert_int_equal(row, num);
}

static void every_row_can_be_reached(void **state)
{
	(void)state;
	check_table(FAULTCAST_IOMMU_TYPE_UNKNOWN, NULL, 0);
	check_table(FAULTCAST_IOMMU_TYPE_VTD, vtd_rows, ARRAY_SIZE(vtd_rows));
	check_table(FAULTCAST_IOMMU_TYPE_AMD, amd_rows, ARRAY_SIZE(amd_rows));
	check_table(FAULTCAST_IOMMU_TYPE_SMMUV3, smmuv3_rows, ARRAY_SIZE(smmuv3_rows));
}

/* The rows that matter most, written down a second time. */
static void the_culprit_is_named(void **state)
{
	static const struct {
		uint32_t type;
		uint16_t code, flags;
		enum faultcast_blame blame;
		const char *name;
	} cases[] = {
		{ FAULTCAST_IOMMU_TYPE_VTD, 5, 0, FAULTCAST_BLAME_DEVICE, "write_denied" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 6, 0, FAULTCAST_BLAME_DEVICE, "read_denied" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 1, 0, FAULTCAST_BLAME_HOST, "root_entry_absent" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 2, 0, FAULTCAST_BLAME_HOST, "context_entry_absent" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 0x22, 0, FAULTCAST_BLAME_DEVICE,
		  "interrupt_entry_absent" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 0x23, 0, FAULTCAST_BLAME_HOST,
		  "interrupt_table_access" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 0x71, 0, FAULTCAST_BLAME_DEVICE, "first_level_absent" },
		{ FAULTCAST_IOMMU_TYPE_VTD, 0x1f, 0, FAULTCAST_BLAME_HOST, "unknown" },
		{ FAULTCAST_IOMMU_TYPE_AMD, 2, 0x020, FAULTCAST_BLAME_DEVICE, "io_page_fault" },
		{ FAULTCAST_IOMMU_TYPE_AMD, 2, 0x0b0, FAULTCAST_BLAME_HOST, "page_entry_reserved" },
		{ FAULTCAST_IOMMU_TYPE_AMD, 2, 0x1a0, FAULTCAST_BLAME_STALL,
		  "translation_request" },
		{ FAULTCAST_IOMMU_TYPE_AMD, 7, 0, FAULTCAST_BLAME_HOST,
		  "iotlb_invalidation_timeout" },
		{ FAULTCAST_IOMMU_TYPE_SMMUV3, 0x10, 0, FAULTCAST_BLAME_DEVICE, "translation" },
		{ FAULTCAST_IOMMU_TYPE_SMMUV3, 0x10, 1, FAULTCAST_BLAME_STALL, "stall" },
		{ FAULTCAST_IOMMU_TYPE_SMMUV3, 0x13, 1, FAULTCAST_BLAME_STALL, "stall" },
		{ FAULTCAST_IOMMU_TYPE_SMMUV3, 2, 0, FAULTCAST_BLAME_HOST, "bad_stream_id" },
		{ FAULTCAST_IOMMU_TYPE_SMMUV3, 0xe0, 0, FAULTCAST_BLAME_HOST, "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t row;

		assert_int_equal(
			faultcast_blame(cases[i].type, cases[i].code, cases[i].flags, &row),
			cases[i].blame);
		assert_string_equal(faultcast_blame_name(cases[i].type, row), cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_can_be_reached),
		cmocka_unit_test(the_culprit_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
