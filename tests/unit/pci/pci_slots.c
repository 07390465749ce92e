// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a device is in the physical slot that is nearest to it up the tree, at any depth, and in
 * none if there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sysfs_tree.h"
#include "pci/slots.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static struct pci_slots slots;

static const struct {
	const char *name, *address;
} known[] = {
	{ "7", "0000:03:00" },				      /* below a port, as pciehp names it */
	{ "riser", "0000:80:03" },			      /* the ports of a riser */
	{ "p1", "0000:0a:01" },				      /* two slots of a conventional bus */
	{ "p0", "0000:0a:00" },	   { "board", "0000:00:00" }, /* a slot on a root bus */
	{ "nothing", "0000:05" },  { "vmd", "10000:e1:00" },
};

static const struct {
	const char *path, *slot;
} devices[] = {
	/* its own */
	{ "pci0000:00/0000:00:1c.0/0000:03:00.0", "7" },
	{ "pci0000:00/0000:00:1c.0/0000:03:00.7", "7" },
	/* the functions of an ARI card beyond the eighth */
	{ "pci0000:00/0000:00:1c.0/0000:03:04.2", "7" },
	/* a switch on the card */
	{ "pci0000:00/0000:00:1c.0/0000:03:00.0/0000:04:08.0/0000:06:00.0", "7" },
	/* the slot of the port above */
	{ "pci0000:80/0000:80:03.1/0000:81:00.0", "riser" },
	{ "pci0000:80/0000:80:03.2/0000:82:00.0/0000:83:00.0/0000:84:00.0", "riser" },
	{ "pci0000:80/0000:80:03.1", "riser" },
	{ "pci0000:80/0000:80:04.1/0000:85:00.0", "" },
	/* one of several on a bus */
	{ "pci0000:00/0000:00:1e.0/0000:0a:01.0", "p1" },
	{ "pci0000:00/0000:00:1e.0/0000:0a:00.3", "p0" },
	{ "pci0000:00/0000:00:1e.0/0000:0a:02.0", "" },
	/* the devices of a root bus are not all in its only slot */
	{ "pci0000:00/0000:00:00.0", "board" },
	{ "pci0000:00/0000:00:1f.0", "" },
	/* another segment, VMD */
	{ "pci0001:00/0001:00:1c.0/0001:03:00.0", "" },
	{ "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0", "vmd" },
};

static void finds_the_nearest(void **state)
{
	struct pci_path path;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		char file[64];

		snprintf(file, sizeof(file), "bus/pci/slots/%s/address", known[i].name);
		put(file, known[i].address);
		pci_slots_add(&slots, root, known[i].name);
	}
	assert_int_equal(slots.count, ARRAY_SIZE(known) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		pci_path_parse(devices[i].path, &path);
		assert_string_equal(pci_slots_find(&slots, &path), devices[i].slot);
	}
	pci_slots_clear(&slots);
	assert_string_equal(pci_slots_find(&slots, &path), "");
	pci_slots_free(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_nearest),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
