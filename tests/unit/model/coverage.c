// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: every combination of what a device, its IOMMU, its port and the module's probes can be
 * has exactly one coverage, which a table states; and a device is only called healthy if neither
 * its DMA faults nor its AER errors can occur unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "faultcast.h"
#include "model/coverage.h"
#include "model/module.h"
#include "model/names.h"

#define UNIT 0xfed90000
#define DMA FAULTCAST_KIND_IO_PAGE_FAULT
#define IR FAULTCAST_KIND_INTERRUPT_REMAPPING
#define AER FAULTCAST_KIND_AER

/* The part of the module's status that is about the unit at UNIT. */
enum unit { OLD_MODULE, NO_ADDRESS, ANOTHER_UNIT, NO_FAULTS, NO_FAULTS_NO_IR, NO_IR, ALL, UNITS };

/* The state of the probe that the kind needs.  Other probes are in the opposite state. */
enum probe { NO_MODULE, ABSENT, STARTING, UNAVAILABLE, FAILED, INEXACT, EXACT, PROBES };

struct combination {
	enum coverage_iommu iommu;
	enum coverage_domain domain;
	enum unit unit;
	enum probe probe;
	enum coverage_aer aer;
	enum coverage_ids ids;
	bool own_domain, may_attach, is_requester, id_is_device, has_aer;
};

#define IS(name) (1U << COVERAGE_IOMMU_##name)
#define IN(name) (1U << COVERAGE_DOMAIN_##name)
#define BY(name) (1U << COVERAGE_AER_##name)
#define ID(name) (1U << COVERAGE_IDS_##name)
#define HAS(name) (1U << (name))
#define YES 2U
#define NO 1U
#define ACTIVE (HAS(INEXACT) | HAS(EXACT))
#define INACTIVE (HAS(ABSENT) | HAS(STARTING) | HAS(UNAVAILABLE) | HAS(FAILED))
#define REPORTS (HAS(NO_IR) | HAS(ALL))
#define UNKNOWN_UNIT (HAS(OLD_MODULE) | HAS(NO_ADDRESS))

/* A member that is 0 stands for every value.  Exactly one row describes each combination. */
static const struct expected {
	uint32_t kind;
	unsigned int iommu, domain, unit, probe, aer, ids;
	unsigned int own_domain, may_attach, is_requester, id_is_device, has_aer;
	const char *state, *reason;
} table[] = {
	{ DMA, .is_requester = NO, .state = "none", .reason = "none" },
	{ DMA, .is_requester = YES, .iommu = IS(NONE), .may_attach = NO, .state = "unwatched",
	  .reason = "no_iommu" },
	{ DMA, .is_requester = YES, .iommu = IS(NONE), .may_attach = YES, .state = "unwatched",
	  .reason = "not_attached" },
#define BEHIND DMA, .is_requester = YES
	{ BEHIND, .iommu = ~IS(NONE), .domain = IN(NONE), .state = "unwatched",
	  .reason = "not_attached" },
	{ BEHIND, .iommu = ~IS(NONE), .domain = IN(IDENTITY), .own_domain = NO,
	  .state = "unwatched", .reason = "identity" },
	{ BEHIND, .iommu = IS(SILENT), .domain = IN(IDENTITY), .own_domain = YES,
	  .state = "unwatched", .reason = "no_tracepoint" },
	{ BEHIND, .iommu = IS(SILENT), .domain = IN(TRANSLATED) | IN(UNKNOWN), .state = "unwatched",
	  .reason = "no_tracepoint" },
	{ BEHIND, .iommu = IS(NAMELESS), .domain = IN(IDENTITY), .own_domain = YES,
	  .state = "unwatched", .reason = "no_requester" },
	{ BEHIND, .iommu = IS(NAMELESS), .domain = IN(TRANSLATED) | IN(UNKNOWN),
	  .state = "unwatched", .reason = "no_requester" },
/* The id may be that of several devices. */
#define LOST_BY_SMMU BEHIND, .iommu = IS(SMMUV3), .ids = ID(OTHER)
	{ LOST_BY_SMMU, .domain = IN(IDENTITY), .own_domain = YES, .state = "unwatched",
	  .reason = "no_requester" },
	{ LOST_BY_SMMU, .domain = IN(TRANSLATED) | IN(UNKNOWN), .state = "unwatched",
	  .reason = "no_requester" },
#define BY_SMMU BEHIND, .iommu = IS(SMMUV3), .ids = ~ID(OTHER)
#define BY_X86 BEHIND, .iommu = IS(VTD) | IS(AMD)
#define ROW(which, ...)                                                                            \
	{                                                                                          \
		which, __VA_ARGS__                                                                 \
	}
/*
 * Without the probe amd, the probe iommu is active. AMD's driver looks a device of the requester
 * id up, and reports no fault without one.
 */
#define BY_AMD BEHIND, .iommu = IS(AMD)
#define OF_NO_DEVICE BY_AMD, .ids = ID(OTHER), .id_is_device = NO
#define LOST_BY_AMD OF_NO_DEVICE, .probe = INACTIVE
	{ LOST_BY_AMD, .domain = IN(IDENTITY), .own_domain = YES, .state = "unwatched",
	  .reason = "no_requester" },
	{ LOST_BY_AMD, .domain = IN(TRANSLATED) | IN(UNKNOWN), .state = "unwatched",
	  .reason = "no_requester" },
#define OF_A_DEVICE BY_AMD, .ids = ID(OTHER), .id_is_device = YES
#define OWN_BY_AMD BY_AMD, .ids = ~ID(OTHER)
#define NAMED(...)                                                                                 \
	ROW(BEHIND, .iommu = IS(VTD), __VA_ARGS__), ROW(BY_SMMU, __VA_ARGS__),                     \
		ROW(OF_A_DEVICE, __VA_ARGS__), ROW(OWN_BY_AMD, __VA_ARGS__),                       \
		ROW(OF_NO_DEVICE, .probe = HAS(NO_MODULE) | ACTIVE, __VA_ARGS__)
	NAMED(.domain = IN(IDENTITY), .own_domain = YES, .state = "unwatched",
	      .reason = "unknown_domain"),
	NAMED(.domain = IN(UNKNOWN), .state = "unwatched", .reason = "unknown_domain"),
	{ BY_X86, .domain = IN(TRANSLATED), .probe = HAS(NO_MODULE), .state = "unwatched",
	  .reason = "no_module" },
	{ BY_SMMU, .domain = IN(TRANSLATED), .probe = HAS(NO_MODULE), .state = "unwatched",
	  .reason = "no_module" },
	{ BY_SMMU, .domain = IN(TRANSLATED), .probe = INACTIVE, .state = "unwatched",
	  .reason = "probe_inactive" },
	{ BEHIND, .iommu = IS(VTD), .domain = IN(TRANSLATED), .probe = INACTIVE,
	  .state = "unwatched", .reason = "probe_inactive" },
	{ OF_A_DEVICE, .domain = IN(TRANSLATED), .probe = INACTIVE, .state = "by_requester",
	  .reason = "driver_partial" },
	{ OWN_BY_AMD, .domain = IN(TRANSLATED), .probe = INACTIVE, .state = "lower_bound",
	  .reason = "driver_partial" },
#define SEEN_BY_UNIT BEHIND, .iommu = IS(VTD) | IS(AMD) | IS(SMMUV3), .domain = IN(TRANSLATED)
#define SEEN_OWN SEEN_BY_UNIT, .ids = ~ID(OTHER)
#define SEEN_BELOW BY_X86, .domain = IN(TRANSLATED), .ids = ID(OTHER)
#define MASKED HAS(NO_FAULTS) | HAS(NO_FAULTS_NO_IR) | HAS(ANOTHER_UNIT)
	{ SEEN_OWN, .probe = ACTIVE, .unit = MASKED, .state = "unwatched",
	  .reason = "unit_unwatched" },
	{ SEEN_BELOW, .probe = ACTIVE, .unit = MASKED, .state = "unwatched",
	  .reason = "unit_unwatched" },
	{ SEEN_OWN, .probe = HAS(EXACT), .unit = UNKNOWN_UNIT, .state = "lower_bound",
	  .reason = "unit_unknown" },
	{ SEEN_OWN, .probe = HAS(INEXACT), .unit = UNKNOWN_UNIT | REPORTS, .state = "lower_bound",
	  .reason = "probe_inexact" },
	{ SEEN_BY_UNIT, .ids = ID(OWN), .probe = HAS(EXACT), .unit = REPORTS, .state = "exact",
	  .reason = "none" },
	{ SEEN_BY_UNIT, .ids = ID(MORE), .probe = HAS(EXACT), .unit = REPORTS,
	  .state = "lower_bound", .reason = "other_ids" },
	{ SEEN_BELOW, .probe = HAS(EXACT), .unit = UNKNOWN_UNIT, .state = "by_requester",
	  .reason = "unit_unknown" },
	{ SEEN_BELOW, .probe = HAS(INEXACT), .unit = UNKNOWN_UNIT | REPORTS,
	  .state = "by_requester", .reason = "probe_inexact" },
	{ SEEN_BELOW, .probe = HAS(EXACT), .unit = REPORTS, .state = "by_requester",
	  .reason = "none" },

	{ IR, .iommu = IS(NONE), .may_attach = NO, .state = "unwatched", .reason = "no_iommu" },
	{ IR, .iommu = IS(NONE), .may_attach = YES, .state = "unwatched",
	  .reason = "not_attached" },
	{ IR, .iommu = IS(SMMUV3) | IS(SILENT) | IS(NAMELESS), .state = "unwatched",
	  .reason = "no_tracepoint" },
#define BY_IR IR, .iommu = IS(VTD) | IS(AMD)
	{ BY_IR, .probe = HAS(NO_MODULE), .state = "unwatched", .reason = "no_module" },
#define IR_LOADED BY_IR, .probe = ~HAS(NO_MODULE)
	{ IR_LOADED, .unit = HAS(NO_IR) | HAS(NO_FAULTS_NO_IR), .state = "unwatched",
	  .reason = "off" },
#define MAY_BE_ON ~(HAS(NO_IR) | HAS(NO_FAULTS_NO_IR))
	{ BY_IR, .probe = INACTIVE, .unit = MAY_BE_ON, .state = "unwatched",
	  .reason = "probe_inactive" },
	{ BY_IR, .probe = ACTIVE, .unit = HAS(NO_FAULTS) | HAS(ANOTHER_UNIT), .state = "unwatched",
	  .reason = "unit_unwatched" },
#define IR_OWN BY_IR, .ids = ~ID(OTHER)
	{ IR_OWN, .probe = HAS(EXACT), .unit = UNKNOWN_UNIT, .state = "lower_bound",
	  .reason = "unit_unknown" },
	{ IR_OWN, .probe = HAS(INEXACT), .unit = UNKNOWN_UNIT | HAS(ALL), .state = "lower_bound",
	  .reason = "probe_inexact" },
	{ BY_IR, .ids = ID(OWN), .probe = HAS(EXACT), .unit = HAS(ALL), .state = "exact",
	  .reason = "none" },
	{ BY_IR, .ids = ID(MORE), .probe = HAS(EXACT), .unit = HAS(ALL), .state = "lower_bound",
	  .reason = "other_ids" },
#define IR_BELOW BY_IR, .ids = ID(OTHER)
	{ IR_BELOW, .probe = HAS(EXACT), .unit = UNKNOWN_UNIT, .state = "by_requester",
	  .reason = "unit_unknown" },
	{ IR_BELOW, .probe = HAS(INEXACT), .unit = UNKNOWN_UNIT | HAS(ALL), .state = "by_requester",
	  .reason = "probe_inexact" },
	{ IR_BELOW, .probe = HAS(EXACT), .unit = HAS(ALL), .state = "by_requester",
	  .reason = "none" },

	{ AER, .has_aer = NO, .state = "unwatched", .reason = "no_capability" },
	{ AER, .has_aer = YES, .aer = BY(NOBODY), .state = "unwatched", .reason = "not_native" },
#define AER_REPORTED AER, .has_aer = YES, .aer = BY(FIRMWARE) | BY(KERNEL)
	{ AER_REPORTED, .probe = HAS(NO_MODULE), .state = "unwatched", .reason = "no_module" },
	{ AER_REPORTED, .probe = INACTIVE, .state = "unwatched", .reason = "probe_inactive" },
	{ AER, .has_aer = YES, .aer = BY(FIRMWARE), .probe = ACTIVE, .state = "lower_bound",
	  .reason = "firmware_first" },
	{ AER, .has_aer = YES, .aer = BY(KERNEL), .probe = HAS(INEXACT), .state = "lower_bound",
	  .reason = "probe_inexact" },
	{ AER, .has_aer = YES, .aer = BY(KERNEL), .probe = HAS(EXACT), .state = "exact",
	  .reason = "none" },
};

static bool allows(unsigned int mask, unsigned int value)
{
	return !mask || mask >> value & 1;
}

static bool describes(const struct expected *row, uint32_t kind, const struct combination *c)
{
	return row->kind == kind && allows(row->iommu, c->iommu) &&
	       allows(row->domain, c->domain) && allows(row->unit, c->unit) &&
	       allows(row->probe, c->probe) && allows(row->aer, c->aer) &&
	       allows(row->own_domain, c->own_domain) && allows(row->may_attach, c->may_attach) &&
	       allows(row->is_requester, c->is_requester) && allows(row->has_aer, c->has_aer) &&
	       allows(row->ids, c->ids) && allows(row->id_is_device, c->id_is_device);
}

static const struct expected *expected_of(uint32_t kind, const struct combination *c)
{
	const struct expected *found = NULL;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!describes(&table[i], kind, c))
			continue;
		assert_null(found);
		found = &table[i];
	}
	assert_non_null(found);
	return found;
}

/* The probe for what the IOMMU records. */
static const char *needed_probe(uint32_t kind, enum coverage_iommu iommu)
{
	if (kind == AER)
		return "aer";
	if (kind == DMA && iommu == COVERAGE_IOMMU_SMMUV3)
		return "smmuv3";
	return iommu == COVERAGE_IOMMU_AMD ? "amd" : "vtd";
}

static void set_probe(struct probe_status *probe, enum probe state)
{
	static const uint32_t states[PROBES] = {
		[UNAVAILABLE] = FAULTCAST_PROBE_UNAVAILABLE,
		[FAILED] = FAULTCAST_PROBE_FAILED,
		[INEXACT] = FAULTCAST_PROBE_ACTIVE,
		[EXACT] = FAULTCAST_PROBE_ACTIVE,
	};

	probe->state = states[state];
	probe->exact = state == EXACT;
}

static void add_probes(struct module_status *module, const char *needed, enum probe state)
{
	static const char *const names[] = { "hotplug", "vtd", "amd", "iommu", "smmuv3", "aer" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct probe_status *probe = &module->probes[module->num_probes];
		bool is_needed = !strcmp(names[i], needed);

		if (is_needed && state == ABSENT)
			continue;
		strcpy(probe->name, names[i]);
		set_probe(probe, is_needed ? state : state == EXACT ? FAILED : EXACT);
		module->num_probes++;
	}
}

/* Returns NULL if the module is not loaded. */
static const struct module_status *module_of(struct module_status *module, uint32_t kind,
					     const struct combination *c)
{
	struct iommu_unit unit = {
		.address = c->unit == ANOTHER_UNIT ? UNIT + 0x1000 : UNIT,
		.faults = c->unit != NO_FAULTS && c->unit != NO_FAULTS_NO_IR,
		.interrupt_remapping = c->unit != NO_IR && c->unit != NO_FAULTS_NO_IR,
	};

	strcpy(unit.name, c->unit == ANOTHER_UNIT ? "ivhd10" : "ivhd1");
	memset(module, 0, sizeof(*module));
	if (c->unit != OLD_MODULE) {
		module->units[0] = (struct iommu_unit){ .address = UNIT - 0x1000 };
		module->units[1] = unit;
		module->num_units = 2;
	}
	add_probes(module, needed_probe(kind, c->iommu), c->probe);
	return c->probe == NO_MODULE ? NULL : module;
}

static struct coverage_device device_of(const struct combination *c)
{
	struct coverage_device device = {
		.iommu = c->iommu,
		.domain = c->domain,
		.own_domain = c->own_domain,
		.may_attach = c->may_attach,
		.is_requester = c->is_requester,
		.ids = c->ids,
		.id_is_device = c->id_is_device,
		.unit = c->unit == NO_ADDRESS ? 0 : UNIT,
		.has_aer = c->has_aer,
		.aer = c->aer,
	};

	if (c->unit != NO_ADDRESS)
		strcpy(device.unit_name, "ivhd1");
	return device;
}

static bool is_possible(uint32_t kind, struct coverage coverage)
{
	struct coverage pair;

	for (size_t i = 0; coverage_possible(kind, i, &pair); i++)
		if (pair.state == coverage.state && pair.reason == coverage.reason)
			return true;
	return coverage.state == COVERAGE_NONE;
}

static bool seen[COVERAGE_KINDS][COVERAGE_STATES][COVERAGE_REASONS];

static void try(const struct combination *c)
{
	struct module_status module;
	struct coverage_device device = device_of(c);

	for (size_t k = 0; k < COVERAGE_KINDS; k++) {
		uint32_t kind = coverage_kinds[k];
		const struct expected *expected = expected_of(kind, c);
		struct coverage coverage = coverage_of(kind, &device, module_of(&module, kind, c));

		if (strcmp(coverage_state_name(coverage.state), expected->state) ||
		    strcmp(coverage_reason_name(coverage.reason), expected->reason))
			fail_msg("%s: iommu %d domain %d unit %d probe %d aer %d ids %d %d own %d "
				 "attach %d requester %d capability %d: %s, %s; expected %s, %s",
				 kind_name(kind), c->iommu, c->domain, c->unit, c->probe, c->aer,
				 c->ids, c->id_is_device, c->own_domain, c->may_attach,
				 c->is_requester, c->has_aer, coverage_state_name(coverage.state),
				 coverage_reason_name(coverage.reason), expected->state,
				 expected->reason);
		assert_true(is_possible(kind, coverage));
		assert_int_equal(coverage_is_watched(coverage),
				 coverage.state == COVERAGE_EXACT ||
					 coverage.state == COVERAGE_LOWER_BOUND);
		seen[k][coverage.state][coverage.reason] = true;
	}
}

/* The combination with number @n: its members are the digits of @n. */
static struct combination combination(unsigned int *n)
{
#define DIGIT(base) (digit = *n % (base), *n /= (base), digit)
	unsigned int digit;
	struct combination c;

	c.iommu = DIGIT(COVERAGE_IOMMUS);
	c.domain = DIGIT(COVERAGE_DOMAINS);
	c.unit = DIGIT(UNITS);
	c.probe = DIGIT(PROBES);
	c.aer = DIGIT(COVERAGE_AERS);
	c.own_domain = DIGIT(2);
	c.may_attach = DIGIT(2);
	c.is_requester = DIGIT(2);
	c.has_aer = DIGIT(2);
	c.ids = DIGIT(COVERAGE_IDS);
	c.id_is_device = DIGIT(2);
	return c;
}

static void all_combinations(void **state)
{
	(void)state;
	for (unsigned int n = 0;; n++) {
		unsigned int rest = n;
		struct combination c = combination(&rest);

		if (rest) /* all digits have been used up */
			break;
		try(&c);
	}
}

/* Every pair that the metric lists can occur; all_combinations() has tried all. */
static void pairs_occur(void **state)
{
	struct coverage pair;

	(void)state;
	for (size_t k = 0; k < COVERAGE_KINDS; k++)
		for (size_t i = 0; coverage_possible(coverage_kinds[k], i, &pair); i++)
			assert_true(seen[k][pair.state][pair.reason]);
}

/* Without both of AMD's probes nothing is seen. */
static void amd_without_probes(void **state)
{
	const struct coverage_device device = {
		.iommu = COVERAGE_IOMMU_AMD,
		.domain = COVERAGE_DOMAIN_TRANSLATED,
		.is_requester = true,
	};
	struct module_status module = { .num_probes = 0 };
	struct coverage coverage;

	(void)state;
	add_probes(&module, "iommu", FAILED);
	module.probes[2].state = FAULTCAST_PROBE_FAILED;
	assert_string_equal(module.probes[2].name, "amd");
	coverage = coverage_of(DMA, &device, &module);
	assert_int_equal(coverage.state, COVERAGE_UNWATCHED);
	assert_int_equal(coverage.reason, COVERAGE_PROBE_INACTIVE);
}

static void other_kinds(void **state)
{
	const struct coverage_device device = { .iommu = COVERAGE_IOMMU_VTD };
	struct coverage pair;

	(void)state;
	assert_int_equal(coverage_of(FAULTCAST_KIND_LINK, &device, NULL).state, COVERAGE_NONE);
	assert_int_equal(coverage_of(77, &device, NULL).state, COVERAGE_NONE);
	assert_false(coverage_possible(FAULTCAST_KIND_LINK, 0, &pair));
}

#define JUDGED(kind) (1U << (kind))
#define ALL_JUDGED (JUDGED(DMA) | JUDGED(IR) | JUDGED(AER))

/* A device with these coverages of DMA and AER; its interrupts are never watched. */
static const struct {
	const char *what;
	struct coverage_device device;
	uint32_t judged;
	bool ok;
} healths[] = {
#define SEEN .iommu = COVERAGE_IOMMU_AMD, .domain = COVERAGE_DOMAIN_TRANSLATED, .is_requester = true
#define UNSEEN                                                                                     \
	.iommu = COVERAGE_IOMMU_SILENT, .domain = COVERAGE_DOMAIN_TRANSLATED, .is_requester = true
#define NATIVE .has_aer = true, .aer = COVERAGE_AER_KERNEL
	{ "both seen", { SEEN, NATIVE }, ALL_JUDGED, true },
	{ "no capability AER", { SEEN }, ALL_JUDGED, true },
	{ "AER not reported", { SEEN, .has_aer = true }, ALL_JUDGED, false },
	{ "AER not reported and not judged", { SEEN, .has_aer = true }, JUDGED(DMA), true },
	{ "DMA not seen", { UNSEEN, NATIVE }, ALL_JUDGED, false },
	{ "DMA not seen and not judged", { UNSEEN, NATIVE }, JUDGED(AER), true },
	{ "neither seen", { UNSEEN }, ALL_JUDGED, false },
	{ "only interrupts judged", { SEEN, NATIVE }, JUDGED(IR), false },
	{ "nothing judged", { SEEN, NATIVE }, 0, false },
#define BELOW SEEN, .ids = COVERAGE_IDS_OTHER, .id_is_device = true
	{ "DMA of another id", { BELOW }, ALL_JUDGED, false },
	{ "DMA of another id, and AER seen", { BELOW, NATIVE }, ALL_JUDGED, true },
	{ "DMA of another id, and AER not judged", { BELOW, NATIVE }, JUDGED(DMA), false },
	{ "DMA of more ids", { SEEN, .ids = COVERAGE_IDS_MORE }, ALL_JUDGED, true },
	{ "a host bridge", { .is_requester = false }, ALL_JUDGED, false },
	{ "a host bridge with AER", { NATIVE }, ALL_JUDGED, true },
};

static void health(void **state)
{
	struct module_status module = { .num_probes = 0 };

	(void)state;
	add_probes(&module, "", FAILED); /* all are exact */
	for (size_t i = 0; i < sizeof(healths) / sizeof(healths[0]); i++) {
		if (coverage_allows_ok(&healths[i].device, &module, healths[i].judged) !=
		    healths[i].ok)
			fail_msg("%s: expected %d", healths[i].what, healths[i].ok);
		assert_false(coverage_allows_ok(&healths[i].device, NULL, healths[i].judged));
	}
}

static void all_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < COVERAGE_STATES; i++)
		assert_non_null(coverage_state_name((enum coverage_state)i));
	for (int i = 0; i < COVERAGE_REASONS; i++)
		assert_non_null(coverage_reason_name((enum coverage_reason)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_combinations),
		cmocka_unit_test(pairs_occur),
		cmocka_unit_test(amd_without_probes),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(health),
		cmocka_unit_test(all_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
