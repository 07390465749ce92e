// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address_set.h"
#include "aer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "iommu.h"
#include "list.h"
#include "model/address.h"
#include "resolve.h"
#include "slots.h"
#include "sysfs.h"
#include "uevent.h"

/*
 * The delay after the first uevent of a burst.  An inserted card causes several uevents, and a
 * switch with cards behind it causes hundreds.
 */
#define GATHER_NS (100 * NSEC_PER_MSEC)
/* How long reading may hold up the loop at a time, plus the time for one device. */
#define SLICE_NS (NSEC_PER_MSEC / 4)
#define MESSAGES_PER_TURN 64
/*
 * Time between two looks at what changes without a uevent, such as the type of an IOMMU group.  A
 * change is noticed within twice this time, even if many devices are read meanwhile.
 */
#define RECHECK_NS (30 * NSEC_PER_SEC)
/* How long to wait for descriptors when there are none. */
#define RETRY_NS NSEC_PER_SEC

static void on_uevent(struct loop_fd *watch, uint32_t events);
static void on_timer(struct loop_timer *timer);
static void on_recheck(struct loop_timer *timer);

static const struct devices_config defaults = { .sysfs = "/sys",
						.keep_removed_ns = 3600 * NSEC_PER_SEC };
static struct devices_config config;

static const struct option_row rows[] = {
	{ .name = "metrics.removed-devices",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct devices_config, keep_removed_ns),
	  .min = 0,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long a removed device keeps its series, 0s: not at all" },
	{ .name = "path.sysfs",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct devices_config, sysfs),
	  .arg = "PATH",
	  .help = "directory in which sysfs is mounted" },
	{ .name = NULL },
};

const struct setting_group devices_settings = { rows, sizeof(config), &defaults, &config, NULL };

const struct feature feature_pci = {
	.settings = (const struct setting_group *const[]){ &devices_settings, NULL },
};

static uint64_t started_ns;
static struct loop *watch_loop;
static struct loop_fd uevents = { .fd = -1, .ready = on_uevent };
static struct loop_timer timer = { .expired = on_timer };
static struct loop_timer recheck_timer = { .expired = on_recheck };

static struct address_set wanted; /* devices that the next scan reads */
static bool all_wanted;
static bool recheck_wanted;

/* The scan that is under way.  Its phases follow each other in the order of the enum. */
static struct {
	enum { IDLE, SLOTS, DEVICES, REFRESH, RECHECK, RESOLVE } phase;
	DIR *dir;
	bool all, recheck;
	struct address_set left;
	size_t next; /* index in the list, for RECHECK and RESOLVE */
	unsigned int turns;
	size_t read;
} scan;

static struct pci_slots slots;

static bool is_over(uint64_t removed_ns)
{
	return clock_mono_ns() - removed_ns >= config.keep_removed_ns;
}

bool devices_forgotten(const struct device_counts *counts, const struct pci_device *device)
{
	bool never_there = !device && !counts->identity.generation;

	if ((device && !device->removed_ns) || (counts && counts->present) || never_there)
		return false;
	return is_over(device ? device->removed_ns : started_ns) &&
	       !(counts && counts->last_real_ns &&
		 counts->last_real_ns + config.keep_removed_ns > clock_real_ns());
}

/*
 * Notes that a device was removed.  A device that was never in the list gets an entry too, which
 * has only its address: its faults are kept for as long as those of other removed devices.
 */
static void gone(const struct address *address)
{
	const struct pci_device *old = devices_find(address);
	struct pci_device *device;

	if (old && old->removed_ns)
		return;
	device = calloc(1, sizeof(*device));
	if (!device) {
		log_error("cannot record the removal of a PCI device: no memory");
		return;
	}
	if (old)
		*device = *old;
	device->refs = 1;
	device->address = *address;
	device->removed_ns = clock_mono_ns();
	list_put(device);
}

static void refresh(const struct address *address)
{
	struct pci_device *device = calloc(1, sizeof(*device));
	struct pci_path path;

	if (!device) {
		log_error("cannot read a PCI device: no memory");
		return;
	}
	device->refs = 1;
	device->address = *address;
	if (pci_sysfs_read(config.sysfs, device, &path)) {
		devices_put(device);
		gone(address);
		return;
	}
	snprintf(device->slot, sizeof(device->slot), "%s", pci_slots_find(&slots, &path));
	device->names = pci_names_of(device->vendor_id, device->device_id);
	resolve_coverage(device);
	list_put(device);
}

/* Reads a device again if something has changed that causes no uevent. */
static void recheck(const struct pci_device *device)
{
	char name[ADDRESS_LEN], directory[PATH_MAX - 64], type[PCI_DOMAIN_TYPE_LEN];

	if (device->removed_ns)
		return;
	address_format(&device->address, name);
	snprintf(directory, sizeof(directory), "%s/bus/pci/devices/%s", config.sysfs, name);
	pci_iommu_read_type(directory, type);
	if (strcmp(type, device->domain_type) != 0 ||
	    (device->coverage.has_aer &&
	     pci_aer_read_service(config.sysfs, &device->address) != device->aer_service))
		refresh(&device->address);
}

/* Replaces a device whose coverage has changed because of another device or the host. */
static void resolve(const struct pci_device *device)
{
	struct pci_device *changed;

	changed = device->removed_ns ? NULL : malloc(sizeof(*changed));
	if (!changed)
		return;
	*changed = *device;
	changed->refs = 1;
	if (resolve_coverage(changed))
		list_put(changed);
	else
		free(changed);
}

static DIR *open_bus(const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/%s", config.sysfs, directory);
	return opendir(path);
}

/* Also reads the devices that are in the list as present, so that missing ones are noticed. */
static void begin_all(void)
{
	const struct pci_device *const *list;
	size_t count;

	scan.phase = DEVICES;
	scan.dir = open_bus("devices");
	if (!scan.dir) {
		log_warn("cannot read %s/bus/pci/devices: %s", config.sysfs, strerror(errno));
		return;
	}
	list = devices_list(&count);
	for (size_t i = 0; i < count; i++)
		if (!list[i]->removed_ns)
			address_set_add(&scan.left, &list[i]->address);
}

static void read_name(const char *name)
{
	struct address address;

	if (scan.phase == SLOTS)
		pci_slots_add(&slots, config.sysfs, name);
	else if (!address_parse_pci(name, &address) && !address_set_add(&scan.left, &address))
		log_error("a PCI device is not listed: no memory");
}

/* Reads the next entry of the directory; after the last entry, begins the next phase. */
static void step_directory(void)
{
	const struct dirent *entry = scan.dir ? readdir(scan.dir) : NULL;

	if (entry) {
		read_name(entry->d_name);
		return;
	}
	if (scan.dir)
		closedir(scan.dir);
	scan.dir = NULL;
	if (scan.phase == SLOTS && scan.all)
		begin_all();
	else
		scan.phase = REFRESH;
}

static void step_refresh(void)
{
	struct address address;

	if (address_set_take(&scan.left, &address)) {
		refresh(&address);
		scan.read++;
		return;
	}
	scan.next = 0;
	scan.phase = scan.recheck ? RECHECK : RESOLVE;
	if (scan.phase == RESOLVE)
		resolve_begin(config.sysfs);
}

/* Neither phase adds devices to the list, nor removes any. */
static void step_list(void)
{
	size_t count;
	const struct pci_device *const *list = devices_list(&count);

	if (scan.next < count) {
		(scan.phase == RECHECK ? recheck : resolve)(list[scan.next++]);
	} else if (scan.phase == RECHECK) {
		scan.next = 0;
		scan.phase = RESOLVE;
		resolve_begin(config.sysfs);
	} else {
		scan.phase = IDLE;
	}
}

static void step(void)
{
	if (scan.phase < REFRESH)
		step_directory();
	else if (scan.phase == REFRESH)
		step_refresh();
	else
		step_list();
}

static void begin(void)
{
	struct address_set emptied = scan.left;

	scan.left = wanted;
	wanted = emptied;
	scan.all = all_wanted;
	scan.turns = 0;
	scan.read = 0;
	scan.recheck = recheck_wanted;
	all_wanted = false;
	recheck_wanted = false;
	scan.phase = SLOTS;
	scan.dir = open_bus("slots");
	pci_slots_clear(&slots);
}

/*
 * True if a directory and a file in it can be opened.  Without descriptors, every file of a device
 * would seem to be missing, and the device would be listed without driver and IOMMU domain.
 */
static bool has_descriptors(void)
{
	int first = open(config.sysfs, O_PATH | O_CLOEXEC);
	int second = first < 0 ? -1 : open(config.sysfs, O_PATH | O_CLOEXEC);
	int err = second < 0 ? errno : 0;

	if (first >= 0)
		close(first);
	if (second >= 0)
		close(second);
	return err != EMFILE && err != ENFILE && err != ENOMEM;
}

static void on_timer(struct loop_timer *expired)
{
	uint64_t until = clock_mono_ns() + SLICE_NS;

	if (!has_descriptors()) {
		log_warn("PCI devices are read later, because too many files are open");
		loop_timer_arm(watch_loop, expired, RETRY_NS);
		return;
	}
	if (scan.phase == IDLE)
		begin();
	scan.turns++;
	while (scan.phase != IDLE && clock_mono_ns() < until)
		step();
	if (scan.phase != IDLE) {
		loop_timer_arm(watch_loop, expired, 0);
		return;
	}
	log_debug("PCI devices read: %zu, in %u turns of the loop", scan.read, scan.turns);
	list_drop(is_over);
	if (wanted.count || all_wanted || recheck_wanted)
		loop_timer_arm(watch_loop, expired, GATHER_NS);
}

static void on_recheck(struct loop_timer *expired)
{
	recheck_wanted = true;
	if (!timer.armed)
		loop_timer_arm(watch_loop, &timer, 0);
	loop_timer_arm(watch_loop, expired, RECHECK_NS);
}

static void on_uevent(struct loop_fd *watch, uint32_t events)
{
	char message[UEVENT_LEN];
	struct address address;
	ssize_t n = 0;

	(void)events;
	for (int i = 0; i < MESSAGES_PER_TURN; i++) {
		n = recv(watch->fd, message, sizeof(message) - 1, MSG_DONTWAIT);
		if (n <= 0)
			break;
		message[n] = '\0';
		if (uevent_pci(message, (size_t)n, &address) && !address_set_add(&wanted, &address))
			all_wanted = true;
	}
	/* uevents were dropped, so any device may have changed. */
	if (n < 0 && errno == ENOBUFS)
		all_wanted = true;
	if (!timer.armed && (wanted.count || all_wanted))
		loop_timer_arm(watch_loop, &timer, GATHER_NS);
}

static int watch_uevents(void)
{
	int err;

	uevents.fd = uevent_open();
	if (uevents.fd < 0)
		return uevents.fd;
	err = loop_add(watch_loop, &uevents, EPOLLIN);
	if (err) {
		close(uevents.fd);
		uevents.fd = -1;
	}
	return err;
}

int devices_watch(struct loop *loop)
{
	int err;

	started_ns = clock_mono_ns();
	watch_loop = loop;
	pci_names_init(config.names);
	err = watch_uevents();
	if (!err) {
		all_wanted = true;
		begin();
		while (scan.phase != IDLE)
			step();
		loop_timer_arm(watch_loop, &recheck_timer, RECHECK_NS);
	}
	return err;
}

void devices_fini(void)
{
	if (uevents.fd >= 0) {
		loop_timer_disarm(watch_loop, &timer);
		loop_timer_disarm(watch_loop, &recheck_timer);
		loop_del(watch_loop, &uevents);
		close(uevents.fd);
		uevents.fd = -1;
	}
	if (scan.dir)
		closedir(scan.dir);
	address_set_free(&scan.left);
	memset(&scan, 0, sizeof(scan));
	address_set_free(&wanted);
	list_free();
	resolve_fini();
	pci_slots_free(&slots);
	pci_names_fini();
}
