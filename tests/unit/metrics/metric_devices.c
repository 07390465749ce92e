// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: a device has one set of series, whether the module, sysfs or both know it, in
 * the order of addresses. Devices that were removed long ago have none. If the limit is
 * exceeded, devices with faults come first. A page that is being written while the module
 * is loaded again has exemplars of neither instance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sysfs_tree.h"
#include "base/clock.h"
#include "base/loop.h"
#include "bus/snapshot.h"
#include "metrics/devices.h"
#include "metrics/tables.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "pci/devices.h"

#define ALL SIZE_MAX
#define KEEP_NS (20 * NSEC_PER_MSEC)

static struct loop loop;
static struct metric_devices devices;

static const char *const present[] = { "0000:00:1c.0", "0000:03:00.0", "0000:04:00.0" };

static int setup(void **state)
{
	const struct devices_config config = { .sysfs = root, .keep_removed_ns = KEEP_NS };

	if (make_root(state))
		return -1;
	for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
		char path[64], target[64];

		snprintf(path, sizeof(path), "devices/pci0000:00/%s/vendor", present[i]);
		put(path, "0x8086");
		snprintf(path, sizeof(path), "bus/pci/devices/%s", present[i]);
		snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s", present[i]);
		put_link(path, target);
	}
	*(struct devices_config *)devices_settings.running = config;
	devices.serials = true;
	return loop_init(&loop) || devices_watch(&loop);
}

static int teardown(void **state)
{
	metric_devices_free(&devices);
	devices_fini();
	loop_fini(&loop);
	return remove_root(state);
}

static struct device_counts of(const char *device, bool is_present, uint32_t generation,
			       uint64_t raised)
{
	struct device_counts counts = { .present = is_present,
					.identity.generation = generation,
					.first_real_ns = raised,
					.raised = raised };

	assert_int_equal(address_parse(device, &counts.address), 0);
	return counts;
}

/* The module lists a device, with counters or because it is present. */
static bool is_listed(const struct metric_device *d)
{
	return d->counts->address.type != ADDRESS_UNKNOWN || d->counts->raised;
}

/*
 * Compares with the names of the devices that have series. "+module" marks a device that
 * the module lists, and "+sysfs" one that sysfs has.
 */
static void expect(struct device_counts *counts, size_t n, size_t max, const char *expected)
{
	const struct snapshot s = { .present = true, .devices = counts, .num_devices = n };
	char got[512] = "";

	assert_int_equal(metric_devices_build(&devices, &s, max), 0);
	for (size_t i = 0; i < devices.count; i++) {
		const struct metric_device *d = &devices.list[i];

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s%s%s", i ? " " : "",
			 d->name, is_listed(d) ? "+module" : "", d->pci ? "+sysfs" : "");
	}
	assert_string_equal(got, expected);
}

static void is_each_device_once(void **state)
{
	struct device_counts counts[] = {
		of("platform/dma", false, 0, 1), of("0000:04:00.0", true, 1, 0),
		of("0000:02:00.0", false, 0, 1), of("unknown", false, 0, 1),
		of("10000:e1:00.0", true, 1, 1), of("0000:03:00.0", false, 2, 1),
	};

	(void)state;
	expect(NULL, 0, ALL, "0000:00:1c.0+sysfs 0000:03:00.0+sysfs 0000:04:00.0+sysfs");
	for (int again = 0; again < 2; again++) {
		expect(counts, 6, ALL,
		       "unknown+module 0000:00:1c.0+sysfs 0000:02:00.0+module "
		       "0000:03:00.0+module+sysfs 0000:04:00.0+module+sysfs 10000:e1:00.0+module "
		       "platform/dma+module");
		assert_int_equal(devices.omitted, 0);
		/* After the module is loaded again, its slots are in another order. */
		const struct device_counts first = counts[0];

		counts[0] = counts[5];
		counts[5] = first;
	}
	expect(counts + 5, 1, ALL,
	       "0000:00:1c.0+sysfs 0000:03:00.0+module+sysfs 0000:04:00.0+sysfs");
}

static void forgets_the_removed(void **state)
{
	struct device_counts counts[] = {
		of("0000:02:00.0", false, 1, 1), /* was removed */
		of("0000:02:01.0", false, 0, 1), /* was never in sysfs */
		of("0000:02:02.0", false, 1, 1), /* was removed, and had faults since */
		of("platform/dma", false, 0, 1), of("0000:03:00.0", false, 1, 1),
	};

	(void)state;
	counts[2].last_real_ns = clock_real_ns() + 3600 * NSEC_PER_SEC;
	usleep(KEEP_NS / 1000);
	expect(counts, 5, ALL,
	       "0000:00:1c.0+sysfs 0000:02:01.0+module 0000:02:02.0+module "
	       "0000:03:00.0+module+sysfs 0000:04:00.0+sysfs platform/dma+module");
	counts[2].last_real_ns = clock_real_ns() - KEEP_NS;
	counts[0].present = true;
	expect(counts, 3, ALL,
	       "0000:00:1c.0+sysfs 0000:02:00.0+module 0000:02:01.0+module 0000:03:00.0+sysfs "
	       "0000:04:00.0+sysfs");
}

static const struct {
	size_t max;
	const char *expected;
} limits[] = {
	{ 5, "0000:00:1c.0+sysfs 0000:02:00.0+module 0000:03:00.0+sysfs 0000:04:00.0+module+sysfs "
	     "platform/dma+module" },
	{ 4,
	  "0000:00:1c.0+sysfs 0000:03:00.0+sysfs 0000:04:00.0+module+sysfs platform/dma+module" },
	{ 3, "0000:00:1c.0+sysfs 0000:04:00.0+module+sysfs platform/dma+module" },
	{ 2, "0000:04:00.0+module+sysfs platform/dma+module" },
	{ 1, "0000:04:00.0+module+sysfs" },
	{ 0, "" },
};

/* Injected events do not give a device priority. */
static void limits_them(void **state)
{
	struct device_counts counts[] = { of("platform/dma", false, 0, 1),
					  of("0000:04:00.0", true, 1, 1),
					  of("0000:02:00.0", false, 0, 0) };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		expect(counts, 3, limits[i].max, limits[i].expected);
		assert_int_equal(devices.omitted, 5 - limits[i].max);
	}
}

/* A list in use keeps its devices, even after the device table is gone. */
static void holds_devices(void **state)
{
	struct device_counts counts = of("0000:03:00.0", true, 1, 0);
	struct device_info info;

	(void)state;
	expect(&counts, 1, ALL, "0000:00:1c.0+sysfs 0000:03:00.0+module+sysfs 0000:04:00.0+sysfs");
	devices_fini();
	assert_string_equal(metric_device_domain(&devices.list[0]), "none");
	metric_devices_release(&devices);
	expect(&counts, 1, ALL, "0000:03:00.0+module");
	/* Without the device table there are no names. */
	counts.identity.generation = 0;
	assert_false(metric_device_info(&devices.list[0], &info));
}

static void formats_serials(void **state)
{
	struct device_counts counts = of("0000:03:00.0", true, 1, 0);
	struct device_info info;

	(void)state;
	counts.identity.vendor_id = 0x8086;
	counts.identity.serial = 0x00ff00fffe123456;
	expect(&counts, 1, ALL, "0000:00:1c.0+sysfs 0000:03:00.0+module+sysfs 0000:04:00.0+sysfs");
	assert_true(metric_device_info(&devices.list[1], &info));
	assert_string_equal(info.serial, "00-ff-00-ff-fe-12-34-56");
	assert_string_equal(info.vendor_id, "0x8086");
	assert_string_equal(info.device_id, "0x0000");
	counts.identity.serial = 0;
	assert_true(metric_device_info(&devices.list[1], &info));
	assert_string_equal(info.serial, "");
	/* The module saw another card than sysfs. The exporter will soon read sysfs again. */
	counts.identity.serial = 1;
	counts.identity.device_id = 7;
	assert_true(metric_device_info(&devices.list[1], &info));
	assert_string_equal(info.serial, "");
	assert_string_equal(info.device_id, "0x0000");
}

static void note(uint64_t instance)
{
	const struct fault_event ev = { .instance = instance,
					.seq = 7,
					.slot = 3,
					.kind = FAULTCAST_KIND_IO_PAGE_FAULT,
					.access = FAULTCAST_ACCESS_READ };

	exemplars_note(&ev);
}

static bool has_exemplar(void)
{
	static const struct metric_family family = { "faults_total", METRIC_COUNTER, "Faults." };
	struct expo e = { .format = &expo_openmetrics };
	const struct metric *metric = device_metrics;
	bool has;

	while (strcmp(metric->family.name, "faultcast_io_page_faults_total") != 0)
		metric++;
	expo_family(&e, &family);
	metric->collect_device(&e, &devices.list[0]);
	has = strstr(strbuf_str(&e.body), "cursor=");
	strbuf_free(&e.body);
	return has;
}

static void outlives_exemplars(void **state)
{
	struct device_counts counts = of("unknown", false, 0, 1);
	const struct snapshot s = {
		.present = true, .module.instance = 10, .devices = &counts, .num_devices = 1
	};

	(void)state;
	counts.slot = 3;
	counts.io_page_faults[FAULTCAST_ACCESS_READ] = 1;
	note(10);
	assert_int_equal(metric_devices_build(&devices, &s, ALL), 0);
	assert_true(has_exemplar());
	note(11);
	assert_false(has_exemplar());
	exemplars_fini();
	assert_false(has_exemplar());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_each_device_once), cmocka_unit_test(forgets_the_removed),
		cmocka_unit_test(limits_them),	       cmocka_unit_test(formats_serials),
		cmocka_unit_test(outlives_exemplars),  cmocka_unit_test(holds_devices),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
