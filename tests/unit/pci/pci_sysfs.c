// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the attributes of a PCI device in sysfs and uevents are read as they are.
 * Missing and damaged attributes are unknown. All text is UTF-8.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sysfs_tree.h"
#include "model/address.h"
#include "pci/sysfs.h"
#include "pci/uevent.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *path, *root_port;
} ports[] = {
	{ "../../../devices/pci0000:00/0000:00:04.0", "" },
	{ "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0", "0000:00:1c.0" },
	{ "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/0000:04:00.1", "0000:00:1c.0" },
	{ "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0", "" },
	{ "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
	  "10000:e0:06.0" },
	{ "../../../devices/platform/40000000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
	  "0000:00:00.0" },
	{ "", "" },
	{ "/pci", "" },
	{ "/pci/a-name-that-is-longer-than-an-address/x", "a-name-that-is-longer-t" },
};

static void finds_the_root_port(void **state)
{
	char port[PCI_ADDRESS_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		pci_root_port(ports[i].path, port);
		assert_string_equal(port, ports[i].root_port);
	}
}

#define MESSAGE(text) text, sizeof(text) - 1

static const struct {
	const char *message;
	size_t len;
	const char *device; /* NULL: not about a PCI device */
} messages[] = {
	{ MESSAGE("add@/d\0ACTION=add\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:03:00.1\0SEQNUM=7\0"),
	  "0000:03:00.1" },
	{ MESSAGE("remove@/d\0PCI_SLOT_NAME=10000:e1:00.0\0SUBSYSTEM=pci\0"), "10000:e1:00.0" },
	{ MESSAGE("add@/d\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:03:00.1"), "0000:03:00.1" },
	{ MESSAGE("add@/d\0SUBSYSTEM=net\0PCI_SLOT_NAME=0000:03:00.1\0"), NULL },
	{ MESSAGE("add@/d\0SUBSYSTEM=pci_bus\0PCI_SLOT_NAME=0000:03:00.1\0"), NULL },
	{ MESSAGE("add@/d\0SUBSYSTEM=pci\0"), NULL },
	{ MESSAGE("add@/d\0SUBSYSTEM=pci\0PCI_SLOT_NAME=../../etc\0"), NULL },
	{ MESSAGE("add@/d\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:03:00.1/x\0"), NULL },
	{ MESSAGE("unbind@/devices/pci0000:00/0000:00:1c.0/0000:00:1c.0:pcie002\0ACTION=unbind\0"
		  "SUBSYSTEM=pci_express\0SEQNUM=7\0"),
	  "0000:00:1c.0" },
	{ MESSAGE("bind@/0000:00:09.0:pcie602\0SUBSYSTEM=pci_express"), "0000:00:09.0" },
	{ MESSAGE("bind@/devices/:pcie002\0SUBSYSTEM=pci_express\0"), NULL },
	{ MESSAGE("bind@/devices/x\0SUBSYSTEM=pci_express\0"), NULL },
	{ MESSAGE("bind@\0SUBSYSTEM=pci_express\0PCI_SLOT_NAME=0000:03:00.1\0"), NULL },
	{ MESSAGE("\0\0\0"), NULL },
	{ MESSAGE(""), NULL },
};

static void reads_uevents(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct address device, expected;
		bool is = uevent_pci(messages[i].message, messages[i].len, &device);

		assert_int_equal(is, messages[i].device != NULL);
		if (!is)
			continue;
		assert_int_equal(address_parse_pci(messages[i].device, &expected), 0);
		assert_true(address_equal(&device, &expected));
	}
}

#define NODE "devices/pci0000:00/0000:00:1c.0/0000:03:00.0/"

static void reads_a_device(void **state)
{
	struct pci_device device = { .address = { .type = ADDRESS_PCI, .bdf = 0x0300 } };
	const struct pci_device empty = device;
	struct pci_path path;

	(void)state;
	assert_int_equal(pci_sysfs_read(root, &device, &path), -ENOENT);
	put(NODE "vendor", "0x144d\n");
	put_link("bus/pci/devices/0000:03:00.0", "../../../" NODE);
	assert_int_equal(pci_sysfs_read(root, &device, &path), 0);
	assert_int_equal(device.vendor_id, 0x144d);
	assert_int_equal(device.device_id, 0);
	assert_string_equal(device.numa_node, "");
	assert_false(device.coverage.has_aer);
	assert_string_equal(device.driver, "");
	assert_string_equal(device.domain_type, "none");
	assert_string_equal(device.class_code, "");
	assert_string_equal(device.physfn, "");

	put(NODE "device", "0xa80a\n");
	put(NODE "numa_node", "1\n");
	put(NODE "class", "0x010802\n");
	put(NODE "aer_dev_correctable", "");
	put(NODE "iommu_group/type", "DMA-FQ\n");
	put_link(NODE "driver",
		 "../../../../bus/pci/drivers/a_driver_whose_name_is_longer_than_32");
	device = empty;
	assert_int_equal(pci_sysfs_read(root, &device, &path), 0);
	assert_int_equal(device.device_id, 0xa80a);
	assert_string_equal(device.numa_node, "1");
	assert_string_equal(device.class_code, "0x010802");
	assert_true(device.coverage.has_aer);
	assert_string_equal(device.driver, "a_driver_whose_name_is_longer_t");
	assert_string_equal(device.domain_type, "DMA-FQ");
	assert_string_equal(device.root_port, "0000:00:1c.0");

	put(NODE "vendor", "nonsense\n");
	put(NODE "numa_node", "1x\n");
	put(NODE "iommu_group/type", "");
	device = empty;
	assert_int_equal(pci_sysfs_read(root, &device, &path), 0);
	assert_int_equal(device.vendor_id, 0);
	assert_string_equal(device.numa_node, "");
	assert_string_equal(device.domain_type, "unknown");

	put(NODE "iommu_group/type", "DMA\xff\n");
	device = empty;
	assert_int_equal(pci_sysfs_read(root, &device, &path), 0);
	assert_string_equal(device.domain_type, "DMA?");
}

#define VIRTUAL "devices/pci0000:00/0000:00:1c.0/0000:04:00.0/"

static void reads_a_virtual_function(void **state)
{
	struct pci_device device = { .address = { .type = ADDRESS_PCI, .bdf = 0x0400 } };
	struct pci_path path;
	char name[ADDRESS_LEN];

	(void)state;
	put(VIRTUAL "vendor", "0x144d\n");
	put_link("bus/pci/devices/0000:04:00.0", "../../../" VIRTUAL);
	put_link(VIRTUAL "physfn", "../0000:03:00.0");
	assert_int_equal(pci_sysfs_read(root, &device, &path), 0);
	assert_string_equal(device.physfn, "0000:03:00.0");
	assert_int_equal(path.count, 2);
	address_format(&path.at[0], name);
	assert_string_equal(name, "0000:03:00.0");
}

static const struct {
	const char *text, *devices;
} paths[] = {
	{ "../../../devices/pci0000:00/0000:00:04.0", "0000:00:04.0 " },
	{ "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/0000:04:00.1",
	  "0000:04:00.1 0000:03:00.0 0000:00:1c.0 " },
	{ "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
	  "10000:e1:00.0 10000:e0:06.0 0000:00:0e.0 " },
	{ "0000:03:00.0", "0000:03:00.0 " },
	{ "", "" },
	{ "/", "" },
	{ "//a-name-that-is-longer-than-an-address//", "" },
};

static void parses_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct pci_path path;
		char got[256] = "", name[ADDRESS_LEN];

		pci_path_parse(paths[i].text, &path);
		for (size_t j = 0; j < path.count; j++) {
			address_format(&path.at[j], name);
			strcat(strcat(got, name), " ");
		}
		assert_string_equal(got, paths[i].devices);
	}
}

static void limits_paths(void **state)
{
	char text[64 * 16] = "";
	struct pci_path path;

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(text, "/0000:03:00.0");
	pci_path_parse(text, &path);
	assert_int_equal(path.count, PCI_PATH_MAX);
}

static void reads_slots(void **state)
{
	struct pci_slot slot;

	(void)state;
	put("bus/pci/slots/7-1/address", "0001:03:1f\n");
	put("bus/pci/slots/8/address", "nonsense\n");
	put("bus/pci/slots/9/address", "");
	assert_int_equal(pci_sysfs_read_slot(root, "7-1", &slot), 0);
	assert_int_equal(slot.segment, 1);
	assert_int_equal(slot.bdf, 0x03f8);
	assert_string_equal(slot.name, "7-1");
	put("bus/pci/slots/7\xfe/address", "0001:03:1f\n");
	assert_int_equal(pci_sysfs_read_slot(root, "7\xfe", &slot), 0);
	assert_string_equal(slot.name, "7?");
	assert_int_equal(pci_sysfs_read_slot(root, "8", &slot), -EINVAL);
	assert_int_equal(pci_sysfs_read_slot(root, "9", &slot), -EINVAL);
	assert_int_equal(pci_sysfs_read_slot(root, "10", &slot), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_root_port), cmocka_unit_test(reads_uevents),
		cmocka_unit_test(reads_a_device),      cmocka_unit_test(reads_a_virtual_function),
		cmocka_unit_test(parses_paths),	       cmocka_unit_test(limits_paths),
		cmocka_unit_test(reads_slots),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
