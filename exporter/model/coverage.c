// SPDX-License-Identifier: GPL-2.0-or-later
#include "coverage.h"

#include <string.h>

#include "faultcast.h"
#include "module.h"

#define EXACT                                                                                      \
	(struct coverage)                                                                          \
	{                                                                                          \
		COVERAGE_EXACT, COVERAGE_NO_REASON                                                 \
	}
#define LOWER_BOUND(why)                                                                           \
	(struct coverage)                                                                          \
	{                                                                                          \
		COVERAGE_LOWER_BOUND, COVERAGE_##why                                               \
	}
#define UNWATCHED(why)                                                                             \
	(struct coverage)                                                                          \
	{                                                                                          \
		COVERAGE_UNWATCHED, COVERAGE_##why                                                 \
	}

/* How the faults of the devices behind an IOMMU can be seen. */
static const struct sight {
	const char *probe;	      /* reads what the IOMMU records; NULL: there is none */
	enum coverage_reason missing; /* why there is no probe */
	bool fallback;	 /* else the probe iommu sees the faults that the driver reports */
	bool interrupts; /* the probe sees faults of interrupt remapping too */
} sights[COVERAGE_IOMMUS] = {
	[COVERAGE_IOMMU_VTD] = { "vtd", COVERAGE_NO_REASON, false, true },
	[COVERAGE_IOMMU_AMD] = { "amd", COVERAGE_NO_REASON, true, true },
	[COVERAGE_IOMMU_SMMUV3] = { "smmuv3", COVERAGE_NO_REASON, false, false },
	[COVERAGE_IOMMU_NAMELESS] = { NULL, COVERAGE_NO_REQUESTER, false, false },
	[COVERAGE_IOMMU_SILENT] = { NULL, COVERAGE_NO_TRACEPOINT, false, false },
};

/* The probe @name if it is active, or NULL. */
static const struct probe_status *active(const struct module_status *module, const char *name)
{
	for (unsigned int i = 0; i < module->num_probes; i++) {
		const struct probe_status *probe = &module->probes[i];

		if (!strcmp(probe->name, name))
			return probe->state == FAULTCAST_PROBE_ACTIVE ? probe : NULL;
	}
	return NULL;
}

/* @partial: why even an exact probe does not see all faults. */
static struct coverage by_probe(const struct module_status *module, const char *name,
				enum coverage_reason partial)
{
	const struct probe_status *probe;

	if (!module)
		return UNWATCHED(NO_MODULE);
	probe = active(module, name);
	if (!probe)
		return UNWATCHED(PROBE_INACTIVE);
	if (partial)
		return (struct coverage){ COVERAGE_LOWER_BOUND, partial };
	return probe->exact ? EXACT : LOWER_BOUND(PROBE_INEXACT);
}

/* sysfs tells the register base of the other IOMMUs, and only the name of AMD's. */
static bool names_unit(const struct coverage_device *device)
{
	return device->iommu == COVERAGE_IOMMU_AMD ? *device->unit_name != '\0' : device->unit != 0;
}

/* NULL if the module does not list the unit, or if it is not known which one that is. */
static const struct iommu_unit *unit_of(const struct coverage_device *device,
					const struct module_status *module)
{
	for (unsigned int i = 0; names_unit(device) && i < module->num_units; i++) {
		const struct iommu_unit *unit = &module->units[i];

		if (device->iommu == COVERAGE_IOMMU_AMD ? !strcmp(unit->name, device->unit_name)
							: unit->address == device->unit)
			return unit;
	}
	return NULL;
}

/* Lowers @seen by what the module tells of the fault interrupt of the device's IOMMU. */
static struct coverage by_unit(const struct coverage_device *device,
			       const struct module_status *module, struct coverage seen)
{
	const struct iommu_unit *unit;

	if (!coverage_is_watched(seen))
		return seen;
	if (!module->num_units || !names_unit(device))
		return seen.state == COVERAGE_EXACT ? LOWER_BOUND(UNIT_UNKNOWN) : seen;
	unit = unit_of(device, module);
	return unit && unit->faults ? seen : UNWATCHED(UNIT_UNWATCHED);
}

/* Lowers @seen, the coverage of all requester ids of @device, to that of its own id. */
static struct coverage by_ids(const struct coverage_device *device, struct coverage seen)
{
	if (!coverage_is_watched(seen))
		return seen;
	if (device->ids == COVERAGE_IDS_OTHER)
		return (struct coverage){ COVERAGE_BY_REQUESTER, seen.reason };
	if (device->ids == COVERAGE_IDS_MORE && seen.state == COVERAGE_EXACT)
		return LOWER_BOUND(OTHER_IDS);
	return seen;
}

/* Coverage by the probe that reads what the IOMMU records. */
static struct coverage recorded(const struct coverage_device *device,
				const struct module_status *module)
{
	struct coverage seen = by_probe(module, sights[device->iommu].probe, COVERAGE_NO_REASON);

	return by_ids(device, by_unit(device, module, seen));
}

/* Whether only what the driver of the IOMMU reports can be seen. */
static bool falls_back(const struct coverage_device *device, const struct module_status *module)
{
	const struct sight *sight = &sights[device->iommu];

	return sight->fallback && module && !active(module, sight->probe);
}

/* No fault of @device would name a requester id that can be reported. */
static bool is_nameless(const struct coverage_device *device, const struct module_status *module)
{
	if (device->ids != COVERAGE_IDS_OTHER)
		return false;
	/* The kernel gives an id that several devices share to each of them, so it names none. */
	if (device->iommu == COVERAGE_IOMMU_SMMUV3)
		return true;
	/* AMD's driver reports the faults of devices, and only prints those of other ids. */
	return falls_back(device, module) && !device->id_is_device;
}

static struct coverage io_page_fault(const struct coverage_device *device,
				     const struct module_status *module)
{
	const struct sight *sight = &sights[device->iommu];

	if (!device->is_requester)
		return (struct coverage){ COVERAGE_NONE, COVERAGE_NO_REASON };
	if (!device->iommu && !device->may_attach)
		return UNWATCHED(NO_IOMMU);
	if (!device->iommu || !device->domain)
		return UNWATCHED(NOT_ATTACHED);
	if (device->domain == COVERAGE_DOMAIN_IDENTITY && !device->own_domain)
		return UNWATCHED(IDENTITY);
	if (!sight->probe)
		return (struct coverage){ COVERAGE_UNWATCHED, sight->missing };
	if (is_nameless(device, module))
		return UNWATCHED(NO_REQUESTER);
	if (device->domain != COVERAGE_DOMAIN_TRANSLATED)
		return UNWATCHED(UNKNOWN_DOMAIN);
	if (falls_back(device, module))
		return by_ids(device, by_probe(module, "iommu", COVERAGE_DRIVER_PARTIAL));
	return recorded(device, module);
}

/* Interrupt requests have the ids of DMA. */
static struct coverage interrupt_remapping(const struct coverage_device *device,
					   const struct module_status *module)
{
	const struct iommu_unit *unit = module ? unit_of(device, module) : NULL;

	if (!device->iommu)
		return device->may_attach ? UNWATCHED(NOT_ATTACHED) : UNWATCHED(NO_IOMMU);
	if (!sights[device->iommu].interrupts)
		return UNWATCHED(NO_TRACEPOINT);
	if (unit && !unit->interrupt_remapping)
		return UNWATCHED(OFF);
	return recorded(device, module);
}

static struct coverage aer(const struct coverage_device *device, const struct module_status *module)
{
	if (!device->has_aer)
		return UNWATCHED(NO_CAPABILITY);
	if (device->aer == COVERAGE_AER_NOBODY)
		return UNWATCHED(NOT_NATIVE);
	return by_probe(module, "aer",
			device->aer == COVERAGE_AER_FIRMWARE ? COVERAGE_FIRMWARE_FIRST
							     : COVERAGE_NO_REASON);
}

#define BIT(reason) (1U << COVERAGE_##reason)
#define OF_PROBE (BIT(PROBE_INACTIVE) | BIT(NO_MODULE))
#define OF_UNIT BIT(UNIT_UNWATCHED)
#define DMA_PARTIAL (BIT(DRIVER_PARTIAL) | BIT(PROBE_INEXACT) | BIT(UNIT_UNKNOWN))
#define INTERRUPTS_PARTIAL (BIT(PROBE_INEXACT) | BIT(UNIT_UNKNOWN))

static const struct kind {
	uint32_t kind;
	struct coverage (*of)(const struct coverage_device *device,
			      const struct module_status *module);
	/* Health 0 makes a claim about this kind. */
	bool decides;
	/* The reasons that of() can return with each state. */
	uint32_t reasons[COVERAGE_STATES];
} kinds[COVERAGE_KINDS] = {
	{
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.of = io_page_fault,
		.decides = true,
		.reasons = {
			[COVERAGE_UNWATCHED] = BIT(NO_IOMMU) | BIT(NOT_ATTACHED) | BIT(IDENTITY) |
					       BIT(NO_TRACEPOINT) | BIT(NO_REQUESTER) |
					       BIT(UNKNOWN_DOMAIN) | OF_PROBE | OF_UNIT,
			[COVERAGE_BY_REQUESTER] = BIT(NO_REASON) | DMA_PARTIAL,
			[COVERAGE_LOWER_BOUND] = DMA_PARTIAL | BIT(OTHER_IDS),
			[COVERAGE_EXACT] = BIT(NO_REASON),
		},
	},
	{
		.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
		.of = interrupt_remapping,
		.reasons = {
			[COVERAGE_UNWATCHED] = BIT(NO_IOMMU) | BIT(NOT_ATTACHED) |
					       BIT(NO_TRACEPOINT) | BIT(OFF) | OF_PROBE | OF_UNIT,
			[COVERAGE_BY_REQUESTER] = BIT(NO_REASON) | INTERRUPTS_PARTIAL,
			[COVERAGE_LOWER_BOUND] = INTERRUPTS_PARTIAL | BIT(OTHER_IDS),
			[COVERAGE_EXACT] = BIT(NO_REASON),
		},
	},
	{
		.kind = FAULTCAST_KIND_AER,
		.of = aer,
		.decides = true,
		.reasons = {
			[COVERAGE_UNWATCHED] = BIT(NO_CAPABILITY) | BIT(NOT_NATIVE) | OF_PROBE,
			[COVERAGE_LOWER_BOUND] = BIT(FIRMWARE_FIRST) | BIT(PROBE_INEXACT),
			[COVERAGE_EXACT] = BIT(NO_REASON),
		},
	},
};

const uint32_t coverage_kinds[COVERAGE_KINDS] = {
	[COVERAGE_DMA] = FAULTCAST_KIND_IO_PAGE_FAULT,
	FAULTCAST_KIND_INTERRUPT_REMAPPING,
	FAULTCAST_KIND_AER,
};

static const struct kind *find(uint32_t kind)
{
	for (size_t i = 0; i < COVERAGE_KINDS; i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

struct coverage coverage_of(uint32_t kind, const struct coverage_device *device,
			    const struct module_status *module)
{
	const struct kind *row = find(kind);

	return row ? row->of(device, module) : (struct coverage){ COVERAGE_NONE, 0 };
}

/* Whether the device may cause such faults, and none of them would be counted. */
static bool is_blind(struct coverage coverage)
{
	return coverage.state == COVERAGE_UNWATCHED && coverage.reason != COVERAGE_NO_CAPABILITY;
}

bool coverage_allows_ok(const struct coverage_device *device, const struct module_status *module,
			uint32_t judged)
{
	bool watched = false;

	for (size_t i = 0; i < COVERAGE_KINDS; i++) {
		struct coverage coverage;

		if (!kinds[i].decides || !(judged >> kinds[i].kind & 1))
			continue;
		coverage = kinds[i].of(device, module);
		if (is_blind(coverage))
			return false;
		watched |= coverage_is_watched(coverage);
	}
	return watched;
}

bool coverage_possible(uint32_t kind, size_t i, struct coverage *pair)
{
	const struct kind *row = find(kind);

	for (unsigned int n = 0; row && n < COVERAGE_REASONS * COVERAGE_STATES; n++) {
		*pair = (struct coverage){ (enum coverage_state)(n % COVERAGE_STATES),
					   (enum coverage_reason)(n / COVERAGE_STATES) };
		if (row->reasons[pair->state] >> pair->reason & 1 && !i--)
			return true;
	}
	return false;
}

static bool is_function_0(const struct device_alias *alias, const struct address *device)
{
	return !(alias->bdf & 0xff) || alias->bdf == (device->bdf & ~7U);
}

enum coverage_ids coverage_ids_of(const struct address *device, const struct device_alias *aliases,
				  size_t num)
{
	enum coverage_ids ids = num ? COVERAGE_IDS_OTHER : COVERAGE_IDS_OWN;

	for (size_t i = 0; i < num; i++) {
		if (aliases[i].segment != device->segment ||
		    aliases[i].bdf >> 8 != device->bdf >> 8)
			return COVERAGE_IDS_OTHER;
		if (!is_function_0(&aliases[i], device))
			ids = COVERAGE_IDS_MORE;
	}
	return ids;
}

const char *coverage_state_name(enum coverage_state state)
{
	static const char *const names[COVERAGE_STATES] = {
		[COVERAGE_NONE] = "none",
		[COVERAGE_UNWATCHED] = "unwatched",
		[COVERAGE_BY_REQUESTER] = "by_requester",
		[COVERAGE_LOWER_BOUND] = "lower_bound",
		[COVERAGE_EXACT] = "exact",
	};

	return names[state];
}

const char *coverage_reason_name(enum coverage_reason reason)
{
	static const char *const names[COVERAGE_REASONS] = {
		[COVERAGE_NO_REASON] = "none",
		[COVERAGE_NO_IOMMU] = "no_iommu",
		[COVERAGE_NOT_ATTACHED] = "not_attached",
		[COVERAGE_IDENTITY] = "identity",
		[COVERAGE_NO_CAPABILITY] = "no_capability",
		[COVERAGE_NO_TRACEPOINT] = "no_tracepoint",
		[COVERAGE_NO_REQUESTER] = "no_requester",
		[COVERAGE_UNKNOWN_DOMAIN] = "unknown_domain",
		[COVERAGE_NOT_NATIVE] = "not_native",
		[COVERAGE_NO_MODULE] = "no_module",
		[COVERAGE_OFF] = "off",
		[COVERAGE_PROBE_INACTIVE] = "probe_inactive",
		[COVERAGE_UNIT_UNWATCHED] = "unit_unwatched",
		[COVERAGE_DRIVER_PARTIAL] = "driver_partial",
		[COVERAGE_FIRMWARE_FIRST] = "firmware_first",
		[COVERAGE_PROBE_INEXACT] = "probe_inexact",
		[COVERAGE_UNIT_UNKNOWN] = "unit_unknown",
		[COVERAGE_OTHER_IDS] = "other_ids",
	};

	return names[reason];
}
