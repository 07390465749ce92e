// SPDX-License-Identifier: GPL-2.0-only
/* Looks up faults in the tables that the module shares with user space. */
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "blame.h"
#include "uapi/faultcast.h"
#include "uapi/faultcast_reasons.h"

struct reason {
	u16 code;
	u16 mask;
	u16 flags;
	u8 blame;		/* enum faultcast_blame */
	const char *name;
};

#define ROW(_code, _mask, _flags, _blame, _name, _words) \
	{ _code, _mask, _flags, FAULTCAST_BLAME_ ## _blame, #_name },
/* Faults without a row. */
#define REST { FAULTCAST_CODE_ANY, 0, 0, FAULTCAST_BLAME_HOST, "unknown" }

static const struct reason rest[] = { REST };

static const struct reason vtd[] = {
#define FAULTCAST_VTD_REASON ROW
#include "uapi/faultcast_reasons.h"
	REST
};

static const struct reason amd[] = {
#define FAULTCAST_AMD_REASON ROW
#include "uapi/faultcast_reasons.h"
	REST
};

static const struct reason smmuv3[] = {
#define FAULTCAST_SMMUV3_REASON ROW
#include "uapi/faultcast_reasons.h"
	REST
};

static_assert(ARRAY_SIZE(vtd) <= FAULTCAST_REASONS_MAX);
static_assert(ARRAY_SIZE(amd) <= FAULTCAST_REASONS_MAX);
static_assert(ARRAY_SIZE(smmuv3) <= FAULTCAST_REASONS_MAX);

static const struct table {
	const struct reason *rows;
	u32 num;
} tables[FAULTCAST_IOMMU_TYPE_MAX + 1] = {
	[FAULTCAST_IOMMU_TYPE_UNKNOWN] = { rest, ARRAY_SIZE(rest) },
	[FAULTCAST_IOMMU_TYPE_VTD] = { vtd, ARRAY_SIZE(vtd) },
	[FAULTCAST_IOMMU_TYPE_AMD] = { amd, ARRAY_SIZE(amd) },
	[FAULTCAST_IOMMU_TYPE_SMMUV3] = { smmuv3, ARRAY_SIZE(smmuv3) },
};

/* The last row matches every fault. */
enum faultcast_blame faultcast_blame(u32 type, u16 code, u16 flags, u32 *row)
{
	const struct reason *rows = tables[type].rows;
	u32 i = 0;

	while ((rows[i].code != code && rows[i].code != FAULTCAST_CODE_ANY) ||
	       (flags & rows[i].mask) != rows[i].flags)
		i++;
	*row = i;
	return rows[i].blame;
}

const char *faultcast_blame_name(u32 type, u32 row)
{
	return row < tables[type].num ? tables[type].rows[row].name : NULL;
}
