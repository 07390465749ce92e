// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: vendors and models have the names of the file pci.ids. There is no name if the file
 * lacks it, is damaged or is missing. All names are UTF-8.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "pci/names.h"

static char database[] = "/tmp/faultcast-pci-ids-XXXXXX";
static void begin(const char *file, const char *content)
{
	int fd = open(database, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	pci_names_init(file);
}

static void assert_names(const struct pci_names *names, const char *vendor, const char *model)
{
	assert_string_equal(names->vendor, vendor);
	assert_string_equal(names->model, model);
}

static const char content[] = "# A comment\n"
			      "1af4  Red Hat, Inc.\n"
			      "\t1041  Virtio 1.0 network device\n"
			      "\t1042  A \"block\" device \\ of sorts\n"
			      "\t2043  In Latin-1: f\xfcr\n"
			      "\t\t1af4 0001  A subsystem of the one in Latin-1\n"
			      "\n"
			      "8086  Intel Corporation\n"
			      "C 02  A class, which is no vendor\n"
			      "\t1041  A class below it, which is no device\n"
			      "1B36  Red Hat again, without a newline at the end";

static void names_them(void **state)
{
	const struct pci_names *net, *block, *latin, *other, *last, *none;

	(void)state;
	begin(database, content);
	net = pci_names_of(0x1af4, 0x1041);
	block = pci_names_of(0x1af4, 0x1042);
	latin = pci_names_of(0x1af4, 0x2043);
	other = pci_names_of(0x8086, 0x1041);
	last = pci_names_of(0x1b36, 0x1041);
	none = pci_names_of(0xfffe, 0x1041);
	assert_ptr_equal(pci_names_of(0x1af4, 0x1041), net);
	assert_names(net, "Red Hat, Inc.", "Virtio 1.0 network device");
	assert_names(block, "Red Hat, Inc.", "A \"block\" device \\ of sorts");
	assert_names(latin, "Red Hat, Inc.", "In Latin-1: f?r");
	assert_names(other, "Intel Corporation", "");
	assert_names(last, "Red Hat again, without a newline at the end", "");
	assert_names(none, "", "");
	assert_int_equal(none->device_id, 0x1041);
	pci_names_fini();
}

static void names_more_later(void **state)
{
	const struct pci_names *names[100];

	(void)state;
	begin(database, content);
	for (uint16_t i = 0; i < 100; i++)
		names[i] = pci_names_of(0x1af4, 0x1041 + i);
	assert_names(names[0], "Red Hat, Inc.", "Virtio 1.0 network device");
	for (uint16_t i = 2; i < 100; i++)
		assert_names(names[i], "Red Hat, Inc.", "");
	pci_names_fini();
}

static const char *const damaged[] = {
	"\t1041  Before any vendor\n",
	"1af4  Red Hat, Inc.\n\t\t\t\tnonsense\n",
	"zzzz  Nobody\n",
	"1af4",
	"1af4  Red Hat, Inc.\n\t104",
	"1af4  Red Hat, Inc.\n\t1041  Virtio\n\t",
};

static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		const struct pci_names *names;

		begin(database, damaged[i]);
		names = pci_names_of(0x1af4, 0x1041);
		assert_names(names, "", "");
		pci_names_fini();
	}
}

static void does_without(void **state)
{
	const struct pci_names *names;

	(void)state;
	begin("/nonexistent/pci.ids", "");
	names = pci_names_of(0x1af4, 0x1041);
	assert_names(names, "", "");
	pci_names_fini();
}

static int setup(void **state)
{
	int fd = mkstemp(database);

	(void)state;
	log_setup(LOG_ERROR, LOG_LOGFMT);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_them),
		cmocka_unit_test(names_more_later),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(does_without),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
