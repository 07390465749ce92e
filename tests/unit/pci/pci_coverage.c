// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: what decides the coverage of a device is read from sysfs as the kernel shows it: the
 * driver of its IOMMU, the domain, drivers with domains of their own in its group, the AER service
 * of the port or event collector above it, and firmware error sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sysfs_tree.h"
#include "base/clock.h"
#include "base/loop.h"
#include "model/address.h"
#include "pci/devices.h"
#include "pci/iommu.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	enum coverage_iommu iommu;
} names[] = {
	{ "dmar0", COVERAGE_IOMMU_VTD },
	{ "dmar12", COVERAGE_IOMMU_VTD },
	{ "ivhd3", COVERAGE_IOMMU_AMD },
	{ "smmu3.0x000000002b400000", COVERAGE_IOMMU_SMMUV3 },
	{ "smmu.0x0000000005000000", COVERAGE_IOMMU_NAMELESS },
	{ "0000:00:03.0", COVERAGE_IOMMU_SILENT },	  /* virtio-iommu on PCI */
	{ "a003e00.virtio_mmio", COVERAGE_IOMMU_SILENT }, /* virtio-iommu on MMIO */
	{ "riscv-iommu@10010000.iommu", COVERAGE_IOMMU_SILENT },
	{ "apple-dart.fd0", COVERAGE_IOMMU_SILENT },
};

static void knows_iommus(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(pci_iommu_named(names[i].name), names[i].iommu);
}

static const struct {
	const char *driver;
	bool is_owner;
} drivers[] = {
	{ "vfio-pci", true },
	{ "mlx5_vfio_pci", true },
	{ "hisi_acc_vfio_pci", true },
	{ "usnic_verbs", true },
	{ "ifcvf", true },
	{ "vp-vdpa", true },
	{ "octep_vdpa", true },
	{ "", false },
	{ "nvme", false },
	{ "mlx5_core", false },
	{ "pci-stub", false },
	{ "uio_pci_generic", false },
	{ "pcieport", false },
	{ "nvgrace_gpu_vfio_pci", true },
};

static void knows_domain_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (pci_iommu_is_domain_owner(drivers[i].driver) != drivers[i].is_owner)
			fail_msg("%s", drivers[i].driver);
}

/* A device is in @node below devices/pci0000:00/, and its address is the last component. */
#define DEVICE_MAX 96

static void add(const char *node, const char *class_code)
{
	const char *slash = strrchr(node, '/');
	char path[DEVICE_MAX * 2], target[DEVICE_MAX * 2];

	snprintf(path, sizeof(path), "devices/pci0000:00/%s/vendor", node);
	put(path, "0x8086\n");
	snprintf(path, sizeof(path), "devices/pci0000:00/%s/class", node);
	put(path, class_code);
	snprintf(path, sizeof(path), "bus/pci/devices/%s", slash ? slash + 1 : node);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s", node);
	put_link(path, target);
}

static void put_in_device(const char *node, const char *file, const char *content)
{
	char path[DEVICE_MAX * 2];

	snprintf(path, sizeof(path), "devices/pci0000:00/%s/%s", node, file);
	put(path, content);
}

static void link_in_device(const char *node, const char *link, const char *target)
{
	char path[DEVICE_MAX * 2];

	snprintf(path, sizeof(path), "devices/pci0000:00/%s/%s", node, link);
	put_link(path, target);
}

/* Puts the device behind an IOMMU, in the group @group. */
static void attach(const char *node, const char *iommu, const char *group)
{
	char target[DEVICE_MAX * 2];

	snprintf(target, sizeof(target), "%s/class/iommu/%s", root, iommu);
	link_in_device(node, "iommu", target);
	snprintf(target, sizeof(target), "%s/kernel/iommu_groups/%s", root, group);
	link_in_device(node, "iommu_group", target);
}

/* The directory of a unit or a group stands for the link to it. */
static void add_tree(void)
{
	put("class/iommu/dmar1/intel-iommu/address", "fed91000\n");
	put("class/iommu/0000:00:03.0/name", "");
	put("kernel/iommu_groups/1/type", "DMA-FQ\n");
	put("kernel/iommu_groups/2/type", "identity\n");
	put("kernel/iommu_groups/3/type", "blocked\n");
	put("kernel/iommu_groups/4/type", "unknown\n");
	put("bus/platform/devices/PNP0C0F:00/modalias", "");

	add("0000:00:00.0", "0x060000\n");
	add("0000:00:00.2", "0x080600\n");
	add("0000:00:03.0", "0x00ff00\n"); /* virtio-iommu, as QEMU has it */
	put_in_device("0000:00:03.0", "vendor", "0x1af4\n");
	put_in_device("0000:00:03.0", "device", "0x1057\n");
	link_in_device("0000:00:03.0", "driver", "../../../bus/pci/drivers/virtio-pci");
	add("0000:00:1c.0", "0x060400\n"); /* a root port with a switch, its AER is the kernel's */
	attach("0000:00:1c.0", "dmar1", "1");
	put_in_device("0000:00:1c.0", "aer_dev_correctable", "");
	put("bus/pci_express/devices/0000:00:1c.0:pcie002/x", "");
	put_link("bus/pci_express/devices/0000:00:1c.0:pcie002/driver", "../../drivers/aer");
#define DEEP "0000:00:1c.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"
	add(DEEP, "0x010802\n");
	put_in_device(DEEP, "aer_dev_correctable", "");
	attach(DEEP, "dmar1", "2");
	add("0000:00:1c.0/0000:01:00.0/0000:02:00.0/0000:03:00.1", "0x010802\n");
	attach("0000:00:1c.0/0000:01:00.0/0000:02:00.0/0000:03:00.1", "dmar1", "2");

	add("0000:00:1d.0", "0x060400\n"); /* its AER is not the kernel's */
	put_in_device("0000:00:1d.0", "aer_dev_correctable", "");
	put("bus/pci_express/devices/0000:00:1d.0:pcie002/x", "");
	put("bus/pci_express/devices/0000:00:1d.0:pcie010/x", "");
	put_link("bus/pci_express/devices/0000:00:1d.0:pcie010/driver", "../../drivers/pcie_dpc");
	add("0000:00:1d.0/0000:04:00.0", "0x020000\n");
	put_in_device("0000:00:1d.0/0000:04:00.0", "aer_dev_correctable", "");
	link_in_device("0000:00:1d.0/0000:04:00.0", "iommu", "../0000:00:03.0");

	add("0000:00:08.0", "0x020000\n"); /* an integrated endpoint, and its event collector */
	put_in_device("0000:00:08.0", "aer_dev_correctable", "");
	attach("0000:00:08.0", "0000:00:03.0", "4");
	add("0000:00:09.0", "0x080700\n");
	put_in_device("0000:00:09.0", "aer_dev_correctable", "");
	attach("0000:00:09.0", "dmar1", "3");
	put("bus/pci_express/devices/0000:00:09.0:pcie602/x", "");
	put_link("bus/pci_express/devices/0000:00:09.0:pcie602/driver", "../../drivers/aer");
	add("0000:7f:08.0", "0x020000\n"); /* an integrated endpoint on another bus */
	put_in_device("0000:7f:08.0", "aer_dev_correctable", "");
	link_in_device("0000:7f:08.0", "driver", "../../../bus/pci/drivers/igc");
	add("0000:7f:09.0", "0x020000\n"); /* in VFIO's mode without an IOMMU */
	put_in_device("0000:7f:09.0", "iommu_group/name", "vfio-noiommu\n");
	put("class/iommu/smmu3.0x0000000009050000/devices/x", "");
	add("0000:7f:0b.0", "0x020000\n");
	attach("0000:7f:0b.0", "smmu3.0x0000000009050000", "1");
	add("0000:7f:0a.0", "0x020000\n"); /* on a platform without an IOMMU driver */
	put_in_device("0000:7f:0a.0", "iommu_group/type", "");
}

#define UNIT 0xfed91000

static const struct {
	const char *device;
	struct coverage_device coverage;
} expected[] = {
	{ "0000:00:00.0", { .may_attach = true, .aer = COVERAGE_AER_NOBODY } },
	{ "0000:00:00.2", { .may_attach = true, .aer = COVERAGE_AER_NOBODY } },
	{ "0000:00:03.0", { .aer = COVERAGE_AER_NOBODY } },
	{ "0000:00:08.0",
	  { .iommu = COVERAGE_IOMMU_SILENT,
	    .domain = COVERAGE_DOMAIN_UNKNOWN,
	    .is_requester = true,
	    .has_aer = true,
	    .aer = COVERAGE_AER_KERNEL,
	    .unit_name = "0000:00:03.0" } },
	{ "0000:00:09.0",
	  { .iommu = COVERAGE_IOMMU_VTD,
	    .domain = COVERAGE_DOMAIN_TRANSLATED,
	    .is_requester = true,
	    .unit = UNIT,
	    .has_aer = true,
	    .aer = COVERAGE_AER_KERNEL,
	    .unit_name = "dmar1" } },
	{ "0000:00:1c.0",
	  { .iommu = COVERAGE_IOMMU_VTD,
	    .domain = COVERAGE_DOMAIN_TRANSLATED,
	    .is_requester = true,
	    .unit = UNIT,
	    .has_aer = true,
	    .aer = COVERAGE_AER_KERNEL,
	    .unit_name = "dmar1" } },
	{ "0000:00:1d.0",
	  { .may_attach = true,
	    .is_requester = true,
	    .has_aer = true,
	    .aer = COVERAGE_AER_NOBODY } },
	{ "0000:03:00.0",
	  { .iommu = COVERAGE_IOMMU_VTD,
	    .domain = COVERAGE_DOMAIN_IDENTITY,
	    .is_requester = true,
	    .unit = UNIT,
	    .has_aer = true,
	    .aer = COVERAGE_AER_KERNEL,
	    .unit_name = "dmar1" } },
	{ "0000:03:00.1",
	  { .iommu = COVERAGE_IOMMU_VTD,
	    .domain = COVERAGE_DOMAIN_IDENTITY,
	    .is_requester = true,
	    .unit = UNIT,
	    .aer = COVERAGE_AER_NOBODY,
	    .unit_name = "dmar1" } },
	{ "0000:04:00.0",
	  { .iommu = COVERAGE_IOMMU_SILENT,
	    .domain = COVERAGE_DOMAIN_NONE,
	    .may_attach = true,
	    .is_requester = true,
	    .has_aer = true,
	    .aer = COVERAGE_AER_NOBODY,
	    .unit_name = "0000:00:03.0" } },
	{ "0000:7f:08.0", { .is_requester = true, .has_aer = true, .aer = COVERAGE_AER_NOBODY } },
	{ "0000:7f:09.0",
	  { .iommu = COVERAGE_IOMMU_NONE,
	    .domain = COVERAGE_DOMAIN_UNKNOWN,
	    .is_requester = true,
	    .aer = COVERAGE_AER_NOBODY } },
	{ "0000:7f:0a.0",
	  { .iommu = COVERAGE_IOMMU_SILENT,
	    .domain = COVERAGE_DOMAIN_UNKNOWN,
	    .is_requester = true,
	    .aer = COVERAGE_AER_NOBODY } },
	{ "0000:7f:0b.0",
	  { .iommu = COVERAGE_IOMMU_SMMUV3,
	    .domain = COVERAGE_DOMAIN_TRANSLATED,
	    .is_requester = true,
	    .unit = 0x9050000,
	    .aer = COVERAGE_AER_NOBODY,
	    .unit_name = "smmu3.0x0000000009050000" } },
};

static const struct coverage_device *coverage_in_list(const char *name)
{
	struct address address;
	size_t count;
	const struct pci_device *const *list = devices_list(&count);

	assert_int_equal(address_parse(name, &address), 0);
	for (size_t i = 0; i < count; i++)
		if (address_equal(&list[i]->address, &address))
			return &list[i]->coverage;
	fail_msg("%s is not in the list", name);
	return NULL;
}

static struct loop loop;

static int setup(void **state)
{
	const struct devices_config config = { .sysfs = root };

	if (make_root(state))
		return -1;
	add_tree();
	*(struct devices_config *)devices_settings.running = config;
	return loop_init(&loop) || devices_watch(&loop);
}

static int teardown(void **state)
{
	devices_fini();
	loop_fini(&loop);
	return remove_root(state);
}

static void reads_coverage(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct coverage_device *got = coverage_in_list(expected[i].device);
		const struct coverage_device *want = &expected[i].coverage;

		if (got->iommu != want->iommu || got->domain != want->domain ||
		    got->own_domain != want->own_domain || got->may_attach != want->may_attach ||
		    got->is_requester != want->is_requester || got->unit != want->unit ||
		    got->has_aer != want->has_aer || got->aer != want->aer ||
		    strcmp(got->unit_name, want->unit_name))
			fail_msg("%s: iommu %d domain %d own %d attach %d requester %d unit %jx "
				 "capability %d aer %d name %s",
				 expected[i].device, got->iommu, got->domain, got->own_domain,
				 got->may_attach, got->is_requester, (uintmax_t)got->unit,
				 got->has_aer, got->aer, got->unit_name);
	}
}

static void again(void **state)
{
	(void)state;
	devices_fini();
	assert_int_equal(devices_watch(&loop), 0);
}

/* VFIO takes a whole group: the other function of the card has no driver. */
static void group_is_owned(void **state)
{
	link_in_device(DEEP, "driver", "../../../../../../bus/pci/drivers/vfio-pci");
	again(state);
	assert_true(coverage_in_list("0000:03:00.0")->own_domain);
	assert_true(coverage_in_list("0000:03:00.1")->own_domain);
	assert_false(coverage_in_list("0000:00:1c.0")->own_domain);
}

static void firmware_reports(void **state)
{
	put("bus/platform/devices/GHES.0/modalias", "");
	again(state);
	assert_int_equal(coverage_in_list("0000:04:00.0")->aer, COVERAGE_AER_NOBODY);
	put_link("bus/platform/devices/GHES.0/driver", "../../drivers/GHES");
	again(state);
	assert_int_equal(coverage_in_list("0000:04:00.0")->aer, COVERAGE_AER_FIRMWARE);
	assert_int_equal(coverage_in_list("0000:7f:08.0")->aer, COVERAGE_AER_FIRMWARE);
	assert_int_equal(coverage_in_list("0000:03:00.0")->aer, COVERAGE_AER_KERNEL);
	assert_int_equal(coverage_in_list("0000:00:08.0")->aer, COVERAGE_AER_KERNEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_iommus),	    cmocka_unit_test(knows_domain_owners),
		cmocka_unit_test(reads_coverage),   cmocka_unit_test(group_is_owned),
		cmocka_unit_test(firmware_reports),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
