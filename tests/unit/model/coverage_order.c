// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: if a device is unwatched for several reasons, the one nearest to the hardware is given,
 * and mending it shows the next one, in the documented order. Its other requester ids tell whether
 * a device has faults under its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "faultcast.h"
#include "model/coverage.h"
#include "model/module.h"

#define UNIT 0xfed90000

/* Device 0000:02:03.1 with these other requester ids: segment, and bus, device and function. */
#define ID_AT(segment, bus, device, function)                                                      \
	{                                                                                          \
		segment, (bus) << 8 | (device) << 3 | (function)                                   \
	}

static const struct {
	const char *what;
	enum coverage_ids ids;
	size_t num;
	struct device_alias aliases[3];
} other_ids[] = {
	{ "none", COVERAGE_IDS_OWN, 0, { ID_AT(0, 9, 9, 1) } },
	{ "the bus of a PCIe-to-PCI bridge", COVERAGE_IDS_OTHER, 1, { ID_AT(0, 2, 0, 0) } },
	{ "a bridge", COVERAGE_IDS_OTHER, 1, { ID_AT(0, 1, 3, 1) } },
	{ "two bridges", COVERAGE_IDS_OTHER, 2, { ID_AT(0, 1, 4, 0), ID_AT(0, 1, 0, 0) } },
	{ "VMD", COVERAGE_IDS_OTHER, 1, { ID_AT(1, 2, 3, 1) } },
	{ "function 0", COVERAGE_IDS_OTHER, 1, { ID_AT(0, 2, 3, 0) } },
	{ "another function", COVERAGE_IDS_MORE, 1, { ID_AT(0, 2, 3, 2) } },
	{ "another device", COVERAGE_IDS_MORE, 1, { ID_AT(0, 2, 4, 0) } },
	{ "phantom functions", COVERAGE_IDS_MORE, 2, { ID_AT(0, 2, 3, 0), ID_AT(0, 2, 3, 5) } },
	{ "a phantom function behind a bridge",
	  COVERAGE_IDS_OTHER,
	  2,
	  { ID_AT(0, 2, 3, 5), ID_AT(0, 1, 0, 0) } },
};

static void ids(void **state)
{
	struct address device;

	(void)state;
	assert_int_equal(address_parse_pci("0000:02:03.1", &device), 0);
	for (size_t i = 0; i < sizeof(other_ids) / sizeof(other_ids[0]); i++)
		if (coverage_ids_of(&device, other_ids[i].aliases, other_ids[i].num) !=
		    other_ids[i].ids)
			fail_msg("%s: expected %d", other_ids[i].what, (int)other_ids[i].ids);
}

/* The device, and the module if it is loaded. */
struct host {
	struct coverage_device device;
	struct module_status module;
	bool loaded;
};

/* Nothing of the device is watched, for every reason that is possible at once. */
static struct host nothing_right(void)
{
	return (struct host){
		.device = { .is_requester = true, .ids = COVERAGE_IDS_OTHER, .unit = UNIT },
		.module = { .probes = { { .name = "vtd", .state = FAULTCAST_PROBE_FAILED } },
			    .num_probes = 1,
			    .units = { { .address = UNIT } },
			    .num_units = 1 },
	};
}

static void attach_late(struct host *host)
{
	host->device.may_attach = true;
}

static void attach(struct host *host)
{
	host->device.iommu = COVERAGE_IOMMU_SILENT;
	host->device.domain = COVERAGE_DOMAIN_IDENTITY;
}

static void translate(struct host *host)
{
	host->device.domain = COVERAGE_DOMAIN_UNKNOWN;
}

static void change_to_nameless(struct host *host)
{
	host->device.iommu = COVERAGE_IOMMU_NAMELESS;
}

static void change_to_vtd(struct host *host)
{
	host->device.iommu = COVERAGE_IOMMU_VTD;
}

static void know_domain(struct host *host)
{
	host->device.domain = COVERAGE_DOMAIN_TRANSLATED;
}

static void load(struct host *host)
{
	host->loaded = true;
}

static void remap(struct host *host)
{
	host->module.units[0].interrupt_remapping = true;
}

static void activate(struct host *host)
{
	host->module.probes[0].state = FAULTCAST_PROBE_ACTIVE;
}

static void watch_unit(struct host *host)
{
	host->module.units[0].faults = true;
}

static void gain_capability(struct host *host)
{
	host->device.has_aer = true;
}

static void report_natively(struct host *host)
{
	host->device.aer = COVERAGE_AER_KERNEL;
}

static void activate_aer(struct host *host)
{
	strcpy(host->module.probes[0].name, "aer");
	host->module.probes[0].state = FAULTCAST_PROBE_ACTIVE;
}

struct step {
	const char *reason;
	void (*mend)(struct host *host);
};

static const struct step dma[] = {
	{ "no_iommu", attach_late },
	{ "not_attached", attach },
	{ "identity", translate },
	{ "no_tracepoint", change_to_nameless },
	{ "no_requester", change_to_vtd },
	{ "unknown_domain", know_domain },
	{ "no_module", load },
	{ "probe_inactive", activate },
	{ "unit_unwatched", watch_unit },
	{ NULL, NULL },
};

static const struct step interrupts[] = {
	{ "no_iommu", attach_late },
	{ "not_attached", attach },
	{ "no_tracepoint", change_to_vtd },
	{ "no_module", load },
	{ "off", remap },
	{ "probe_inactive", activate },
	{ "unit_unwatched", watch_unit },
	{ NULL, NULL },
};

static const struct step aer[] = {
	{ "no_capability", gain_capability },
	{ "not_native", report_natively },
	{ "no_module", load },
	{ "probe_inactive", activate_aer },
	{ NULL, NULL },
};

static void mend_all(uint32_t kind, const struct step *step, enum coverage_state mended)
{
	struct host host = nothing_right();
	enum coverage_reason last = COVERAGE_NO_REASON;
	struct coverage coverage;

	for (; step->reason; step++) {
		coverage = coverage_of(kind, &host.device, host.loaded ? &host.module : NULL);
		assert_int_equal(coverage.state, COVERAGE_UNWATCHED);
		assert_string_equal(coverage_reason_name(coverage.reason), step->reason);
		assert_true(coverage.reason > last); /* the order of the enum is documented */
		last = coverage.reason;
		step->mend(&host);
	}
	coverage = coverage_of(kind, &host.device, host.loaded ? &host.module : NULL);
	assert_int_equal(coverage.state, mended);
}

static void order(void **state)
{
	(void)state;
	mend_all(FAULTCAST_KIND_IO_PAGE_FAULT, dma, COVERAGE_BY_REQUESTER);
	mend_all(FAULTCAST_KIND_INTERRUPT_REMAPPING, interrupts, COVERAGE_BY_REQUESTER);
	mend_all(FAULTCAST_KIND_AER, aer, COVERAGE_LOWER_BOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
