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
	const char *probe;	      /* NULL: there is none */
	enum coverage_reason missing; /* why there is no probe */
	enum coverage_reason partial; /* why even an exact probe does not see all faults */
} sights[COVERAGE_IOMMUS] = {
	[COVERAGE_IOMMU_NONE] = { NULL, COVERAGE_NO_IOMMU, COVERAGE_NO_REASON },
	[COVERAGE_IOMMU_VTD] = { "vtd", COVERAGE_NO_REASON, COVERAGE_NO_REASON },
	[COVERAGE_IOMMU_AMD] = { "iommu", COVERAGE_NO_REASON, COVERAGE_DRIVER_PARTIAL },
	[COVERAGE_IOMMU_NAMELESS] = { NULL, COVERAGE_NO_REQUESTER, COVERAGE_NO_REASON },
	[COVERAGE_IOMMU_SILENT] = { NULL, COVERAGE_NO_TRACEPOINT, COVERAGE_NO_REASON },
};

static struct coverage by_probe(const struct module_status *module, const char *name,
				enum coverage_reason partial)
{
	const struct probe_status *probe = NULL;

	if (!module)
		return UNWATCHED(NO_MODULE);
	for (unsigned int i = 0; i < module->num_probes && !probe; i++)
		if (!strcmp(module->probes[i].name, name))
			probe = &module->probes[i];
	if (!probe || probe->state != FAULTCAST_PROBE_ACTIVE)
		return UNWATCHED(PROBE_INACTIVE);
	if (partial)
		return (struct coverage){ COVERAGE_LOWER_BOUND, partial };
	return probe->exact ? EXACT : LOWER_BOUND(PROBE_INEXACT);
}

/* NULL if the module does not list the unit. */
static const struct iommu_unit *unit_of(const struct coverage_device *device,
					const struct module_status *module)
{
	for (unsigned int i = 0; i < module->num_units; i++)
		if (module->units[i].address == device->unit)
			return &module->units[i];
	return NULL;
}

/* Lowers @seen by what the module tells of the device's VT-d unit. */
static struct coverage by_unit(const struct coverage_device *device,
			       const struct module_status *module, struct coverage seen,
			       bool is_interrupt)
{
	const struct iommu_unit *unit;

	if (!coverage_is_watched(seen) || device->iommu != COVERAGE_IOMMU_VTD)
		return seen;
	if (!module->num_units || !device->unit)
		return seen.state == COVERAGE_EXACT ? LOWER_BOUND(UNIT_UNKNOWN) : seen;
	unit = unit_of(device, module);
	if (unit && is_interrupt && !unit->interrupt_remapping)
		return UNWATCHED(OFF);
	return unit && unit->faults ? seen : UNWATCHED(UNIT_UNWATCHED);
}

static struct coverage io_page_fault(const struct coverage_device *device,
				     const struct module_status *module)
{
	const struct sight *sight = &sights[device->iommu];

	if (!device->is_requester)
		return (struct coverage){ COVERAGE_NONE, COVERAGE_NO_REASON };
	if (device->iommu ? !device->domain : device->may_attach)
		return UNWATCHED(NOT_ATTACHED);
	if (!sight->probe)
		return (struct coverage){ COVERAGE_UNWATCHED, sight->missing };
	if (device->domain == COVERAGE_DOMAIN_IDENTITY && !device->own_domain)
		return UNWATCHED(IDENTITY);
	if (device->domain != COVERAGE_DOMAIN_TRANSLATED)
		return UNWATCHED(UNKNOWN_DOMAIN);
	return by_unit(device, module, by_probe(module, sight->probe, sight->partial), false);
}

/* Only VT-d's fault handler sees these faults. */
static struct coverage interrupt_remapping(const struct coverage_device *device,
					   const struct module_status *module)
{
	if (!device->iommu)
		return device->may_attach ? UNWATCHED(NOT_ATTACHED) : UNWATCHED(NO_IOMMU);
	if (device->iommu != COVERAGE_IOMMU_VTD)
		return UNWATCHED(NO_TRACEPOINT);
	return by_unit(device, module, by_probe(module, "vtd", COVERAGE_NO_REASON), true);
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

static const struct kind {
	uint32_t kind;
	struct coverage (*of)(const struct coverage_device *device,
			      const struct module_status *module);
	/* Health 0 makes a claim about this kind. */
	bool decides;
	/* The reasons that of() can return. */
	uint32_t unwatched, lower_bound;
} kinds[COVERAGE_KINDS] = {
	{
		.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		.of = io_page_fault,
		.decides = true,
		.unwatched = BIT(IDENTITY) | BIT(NO_IOMMU) | BIT(UNKNOWN_DOMAIN) |
			     BIT(NOT_ATTACHED) | BIT(NO_TRACEPOINT) | BIT(NO_REQUESTER) | OF_UNIT |
			     OF_PROBE,
		.lower_bound = BIT(PROBE_INEXACT) | BIT(UNIT_UNKNOWN) | BIT(DRIVER_PARTIAL),
	},
	{
		.kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
		.of = interrupt_remapping,
		.unwatched = BIT(NO_IOMMU) | BIT(NOT_ATTACHED) | BIT(NO_TRACEPOINT) | BIT(OFF) |
			     OF_UNIT | OF_PROBE,
		.lower_bound = BIT(PROBE_INEXACT) | BIT(UNIT_UNKNOWN),
	},
	{
		.kind = FAULTCAST_KIND_AER,
		.of = aer,
		.decides = true,
		.unwatched = BIT(NO_CAPABILITY) | BIT(NOT_NATIVE) | OF_PROBE,
		.lower_bound = BIT(PROBE_INEXACT) | BIT(FIRMWARE_FIRST),
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

	*pair = EXACT;
	if (!row || !i--)
		return row;
	for (enum coverage_reason reason = 0; reason < COVERAGE_REASONS; reason++) {
		bool lower = row->lower_bound >> reason & 1;

		if ((lower || row->unwatched >> reason & 1) && !i--) {
			pair->state = lower ? COVERAGE_LOWER_BOUND : COVERAGE_UNWATCHED;
			pair->reason = reason;
			return true;
		}
	}
	return false;
}

const char *coverage_state_name(enum coverage_state state)
{
	static const char *const names[COVERAGE_STATES] = {
		[COVERAGE_NONE] = "none",
		[COVERAGE_UNWATCHED] = "unwatched",
		[COVERAGE_LOWER_BOUND] = "lower_bound",
		[COVERAGE_EXACT] = "exact",
	};

	return names[state];
}

const char *coverage_reason_name(enum coverage_reason reason)
{
	static const char *const names[COVERAGE_REASONS] = {
		[COVERAGE_NO_REASON] = "none",
		[COVERAGE_IDENTITY] = "identity",
		[COVERAGE_NO_IOMMU] = "no_iommu",
		[COVERAGE_UNKNOWN_DOMAIN] = "unknown_domain",
		[COVERAGE_NOT_ATTACHED] = "not_attached",
		[COVERAGE_NO_TRACEPOINT] = "no_tracepoint",
		[COVERAGE_NO_REQUESTER] = "no_requester",
		[COVERAGE_UNIT_UNWATCHED] = "unit_unwatched",
		[COVERAGE_OFF] = "off",
		[COVERAGE_NO_CAPABILITY] = "no_capability",
		[COVERAGE_NOT_NATIVE] = "not_native",
		[COVERAGE_PROBE_INACTIVE] = "probe_inactive",
		[COVERAGE_NO_MODULE] = "no_module",
		[COVERAGE_PROBE_INEXACT] = "probe_inexact",
		[COVERAGE_UNIT_UNKNOWN] = "unit_unknown",
		[COVERAGE_DRIVER_PARTIAL] = "driver_partial",
		[COVERAGE_FIRMWARE_FIRST] = "firmware_first",
	};

	return names[reason];
}
