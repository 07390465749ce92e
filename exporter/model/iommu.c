// SPDX-License-Identifier: GPL-2.0-or-later
#include "iommu.h"

#include <stddef.h>
#include <string.h>

#include "faultcast.h"
#include "faultcast_reasons.h"
#include "module.h"
#include "names_gen.h"

/* Names come from one module at a time, and IOMMUs keep their names when it is loaded anew. */
#define NAMES_MAX (4 * UNITS_MAX)

static char names[NAMES_MAX][FAULTCAST_NAME_LEN];

const char *iommu_name(const char *name)
{
	const size_t len = strlen(name);

	if (!len || len >= FAULTCAST_NAME_LEN)
		return NULL;
	for (size_t i = 0; i < NAMES_MAX; i++) {
		if (!names[i][0])
			memcpy(names[i], name, len + 1);
		if (!strcmp(names[i], name))
			return names[i];
	}
	return NULL;
}

const char *iommu_type_name(uint32_t type)
{
	static const char *const type_names[] = { FAULTCAST_IOMMU_TYPE_NAMES };

	return type_names[type <= FAULTCAST_IOMMU_TYPE_MAX ? type : FAULTCAST_IOMMU_TYPE_UNKNOWN];
}

struct row {
	uint32_t code;
	uint32_t mask;
	uint32_t flags;
	struct iommu_reason reason;
};

#define ROW(code, mask, flags, blame, name, words) { code, mask, flags, { #name, words } },
#define REST                                                                                       \
	{                                                                                          \
		FAULTCAST_CODE_ANY, 0, 0,                                                          \
		{                                                                                  \
			"unknown", "A reason that faultcast does not know."                        \
		}                                                                                  \
	}

static const struct row vtd[] = {
#define FAULTCAST_VTD_REASON ROW
#include "faultcast_reasons.h"
	REST
};
static const struct row amd[] = {
#define FAULTCAST_AMD_REASON ROW
#include "faultcast_reasons.h"
	REST
};
static const struct row smmuv3[] = {
#define FAULTCAST_SMMUV3_REASON ROW
#include "faultcast_reasons.h"
	REST
};

/* The last row of each table matches every fault. */
struct iommu_reason iommu_reason_of(uint32_t type, uint32_t code, uint32_t flags)
{
	static const struct row rest[] = { REST };
	static const struct row *const tables[FAULTCAST_IOMMU_TYPE_MAX + 1] = {
		[FAULTCAST_IOMMU_TYPE_UNKNOWN] = vtd,
		[FAULTCAST_IOMMU_TYPE_VTD] = vtd,
		[FAULTCAST_IOMMU_TYPE_AMD] = amd,
		[FAULTCAST_IOMMU_TYPE_SMMUV3] = smmuv3,
	};
	const struct row *row = type <= FAULTCAST_IOMMU_TYPE_MAX ? tables[type] : rest;

	while ((row->code != code && row->code != FAULTCAST_CODE_ANY) ||
	       (flags & row->mask) != row->flags)
		row++;
	return row->reason;
}
