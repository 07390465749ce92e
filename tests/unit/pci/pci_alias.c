// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: requester ids are guessed from sysfs for cards behind PCIe-to-PCI bridges and behind VMD.
 * Nothing is guessed where sysfs shows neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sysfs_tree.h"
#include "pci/alias.h"

/* A device of the path is PCIe if its name is followed by "+". */
static const struct {
	const char *path, *aliases;
} rows[] = {
	{ "pci0000:00/0000:00:04.0+", "" },
	{ "pci0000:00/0000:00:1c.0+/0000:01:00.0+", "" },
	/* sysfs without the attribute, and a conventional bridge on the root bus */
	{ "pci0000:00/0000:00:1d.0/0000:02:00.0", "" },
	{ "pci0000:00/0000:00:1e.0/0000:03:02.0", "" },
	/* a PCIe-to-PCI bridge */
	{ "pci0000:00/0000:00:1c.1+/0000:04:00.0+/0000:05:02.0", "0000:05:00.0 " },
	{ "pci0000:00/0000:00:1c.1+/0000:04:00.0+/0000:05:00.0", "" },
	{ "pci0000:00/0000:00:1c.1+/0000:04:00.0+/0000:05:00.1", "0000:05:00.0 " },
	/* a conventional bridge below that */
	{ "pci0000:00/0000:00:1c.2+/0000:06:00.0+/0000:07:03.0/0000:08:04.0",
	  "0000:07:03.0 0000:07:00.0 " },
	/* VMD, with and without such a bridge */
	{ "pci0000:00/0000:00:0e.0+/pci10000:e0/10000:e0:06.0+/10000:e1:00.0+", "0000:00:0e.0 " },
	{ "pci0000:00/0000:00:0e.0+/pci10000:e0/10000:e0:07.0+/10000:e2:00.0+/10000:e3:01.0",
	  "0000:00:0e.0 " },
};

/* Marks the PCIe devices of the path, and writes the path without marks. */
static void build(const char *marked, char *plain)
{
	while (*marked) {
		size_t len = strcspn(marked, "/");
		char file[320]; /* with the longest path of the table */
		bool pcie = len && marked[len - 1] == '+';

		len -= pcie;
		memcpy(plain, marked, len);
		plain[len] = '\0';
		snprintf(file, sizeof(file), "devices/%s/max_link_speed", plain);
		if (pcie)
			put(file, "8.0 GT/s PCIe\n");
		plain += len;
		marked += len + pcie;
		if (*marked)
			*plain++ = *marked++;
	}
	*plain = '\0';
}

static void guesses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_device device = { 0 };
		char plain[256], devices[64], got[256] = "", name[ADDRESS_LEN];
		struct pci_path path;

		build(rows[i].path, plain);
		pci_path_parse(plain, &path);
		device.address = path.at[0];
		snprintf(devices, sizeof(devices), "%s/devices", root);
		pci_alias_guess(devices, &path, &device);
		for (uint32_t j = 0; j < device.num_aliases; j++) {
			const struct address alias = { .type = ADDRESS_PCI,
						       .segment = device.aliases[j].segment,
						       .bdf = device.aliases[j].bdf };

			address_format(&alias, name);
			strcat(strcat(got, name), " ");
		}
		assert_string_equal(got, rows[i].aliases);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
