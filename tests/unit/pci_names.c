// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: vendors and models have the names of the database. There is no name if the
 * database lacks it, is damaged or is missing. This also holds for look-ups on the
 * thread, while the loop runs. All names are UTF-8.
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

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "pci/names.h"

static char database[] = "/tmp/faultcast-pci-ids-XXXXXX";
static struct loop loop;

static void expire(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(&loop);
}

static void run_loop(uint64_t ns)
{
	struct loop_timer timer = { .expired = expire };

	loop.stopping = false;
	loop_timer_arm(&loop, &timer, ns);
	assert_int_equal(loop_run(&loop), 0);
}

static void begin(const char *file, const char *content)
{
	int fd = open(database, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	assert_int_equal(loop_init(&loop), 0);
	assert_int_equal(pci_names_init(&loop, file), 0);
}

static void end(void)
{
	pci_names_fini();
	loop_fini(&loop);
}

static void assert_names(const struct pci_names *names, const char *vendor, const char *model)
{
	assert_true(names->known);
	assert_string_equal(names->vendor, vendor);
	assert_string_equal(names->model, model);
}

static const char content[] = "# A comment\n"
			      "1af4  Red Hat, Inc.\n"
			      "\t1041  Virtio 1.0 network device\n"
			      "\t1042  A \"block\" device \\ of sorts\n"
			      "\t2043  In Latin-1: f\xfcr\n"
			      "8086  Intel Corporation\n";

static void names_them(void **state)
{
	const struct pci_names *net, *block, *latin, *other, *none;

	(void)state;
	begin(database, content);
	net = pci_names_of(0x1af4, 0x1041);
	block = pci_names_of(0x1af4, 0x1042);
	latin = pci_names_of(0x1af4, 0x2043);
	other = pci_names_of(0x8086, 0x1041);
	none = pci_names_of(0xfffe, 0x1041);
	assert_false(net->known);
	assert_ptr_equal(pci_names_of(0x1af4, 0x1041), net);
	pci_names_wait();
	assert_names(net, "Red Hat, Inc.", "Virtio 1.0 network device");
	assert_names(block, "Red Hat, Inc.", "A \"block\" device \\ of sorts");
	assert_names(latin, "Red Hat, Inc.", "In Latin-1: f?r");
	assert_names(other, "Intel Corporation", "");
	assert_names(none, "", "");
	assert_int_equal(none->device_id, 0x1041);
	end();
}

/* All look-ups are requested while the thread does the first one. */
static void names_more_later(void **state)
{
	const struct pci_names *names[100];

	(void)state;
	begin(database, content);
	pci_names_wait();
	for (uint16_t i = 0; i < 100; i++)
		names[i] = pci_names_of(0x1af4, 0x1041 + i);
	assert_false(names[99]->known);
	for (int i = 0; i < 100 && !names[99]->known; i++)
		run_loop(50 * NSEC_PER_MSEC);
	assert_names(names[0], "Red Hat, Inc.", "Virtio 1.0 network device");
	for (uint16_t i = 2; i < 100; i++)
		assert_names(names[i], "Red Hat, Inc.", "");
	end();
}

/* The exporter ends while the thread is busy. */
static void ends_at_any_time(void **state)
{
	(void)state;
	begin(NULL, content);
	pci_names_wait();
	pci_names_of(0x8086, 0x10d3);
	pci_names_of(0x8086, 0x10d4);
	end();
}

static const char *const damaged[] = {
	"\t1041  Before any vendor\n",
	"1af4  Red Hat, Inc.\n\t\t\t\tnonsense\n",
	"zzzz  Nobody\n",
};

static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		const struct pci_names *names;

		begin(database, damaged[i]);
		names = pci_names_of(0x1af4, 0x1041);
		pci_names_wait();
		assert_names(names, "", "");
		end();
	}
}

static void does_without(void **state)
{
	const struct pci_names *names;

	(void)state;
	begin("/nonexistent/pci.ids", "");
	names = pci_names_of(0x1af4, 0x1041);
	pci_names_wait();
	assert_names(names, "", "");
	end();
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
		cmocka_unit_test(names_them),	    cmocka_unit_test(names_more_later),
		cmocka_unit_test(ends_at_any_time), cmocka_unit_test(survives_damage),
		cmocka_unit_test(does_without),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
