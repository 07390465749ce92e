// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "model/address.h"
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

static void on_uevent(struct loop_fd *watch, uint32_t events);
static void on_timer(struct loop_timer *timer);

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

static const struct pci_device **list;
static size_t num_devices, allocated;

/* Addresses without duplicates, sorted; each is segment << 16 | bdf. */
struct address_set {
	uint64_t *at;
	size_t count, allocated;
};

static struct address_set wanted; /* devices that the next scan reads */
static bool all_wanted;

/* The scan that is under way.  Its phases follow each other in the order of the enum. */
static struct {
	enum { IDLE, SLOTS, DEVICES, REFRESH } phase;
	DIR *dir;
	bool all;
	struct address_set left;
	unsigned int turns;
	size_t read;
} scan;

static struct pci_slots slots;

const struct pci_device *devices_get(const struct pci_device *device)
{
	((struct pci_device *)device)->refs++;
	return device;
}

void devices_put(const struct pci_device *device)
{
	if (device && !--((struct pci_device *)device)->refs)
		free((void *)device);
}

/* The index of the device in the list, or the index at which it would be inserted. */
static size_t place_of(const struct address *address)
{
	size_t from = 0, to = num_devices;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (address_compare(&list[middle]->address, address) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* NULL if the list has no such device. */
static const struct pci_device *find(const struct address *address)
{
	size_t place = place_of(address);

	return place < num_devices && address_equal(&list[place]->address, address) ? list[place]
										    : NULL;
}

const struct pci_device *const *devices_list(size_t *count)
{
	*count = num_devices;
	return list;
}

/* Inserts @device, or replaces the device at its address.  Takes over the reference. */
static void put_in_list(const struct pci_device *device)
{
	size_t place = place_of(&device->address);

	if (place < num_devices && address_equal(&list[place]->address, &device->address)) {
		devices_put(list[place]);
		list[place] = device;
		return;
	}
	if (num_devices == allocated) {
		size_t more = allocated ? allocated * 2 : 64;
		void *grown = reallocarray(list, more, sizeof(*list));

		if (!grown) {
			log_error("a PCI device is not listed: no memory");
			devices_put(device);
			return;
		}
		list = grown;
		allocated = more;
	}
	memmove(list + place + 1, list + place, (num_devices - place) * sizeof(*list));
	list[place] = device;
	num_devices++;
}

static bool is_over(uint64_t removed_ns)
{
	return clock_mono_ns() - removed_ns >= config.keep_removed_ns;
}

static void drop_forgotten(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < num_devices; i++) {
		if (list[i]->removed_ns && is_over(list[i]->removed_ns))
			devices_put(list[i]);
		else
			list[kept++] = list[i];
	}
	num_devices = kept;
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

static uint64_t key_of(const struct address *address)
{
	return (uint64_t)address->segment << 16 | address->bdf;
}

/* False if there is no memory. */
static bool set_add(struct address_set *set, const struct address *address)
{
	uint64_t key = key_of(address);
	size_t place = set->count;

	while (place && set->at[place - 1] > key)
		place--;
	if (place && set->at[place - 1] == key)
		return true;
	if (set->count == set->allocated) {
		size_t more = set->allocated ? set->allocated * 2 : 64;
		void *grown = reallocarray(set->at, more, sizeof(*set->at));

		if (!grown)
			return false;
		set->at = grown;
		set->allocated = more;
	}
	memmove(set->at + place + 1, set->at + place, (set->count - place) * sizeof(*set->at));
	set->at[place] = key;
	set->count++;
	return true;
}

/*
 * Notes that a device was removed.  A device that was never in the list gets an entry too, which
 * has only its address: its faults are kept for as long as those of other removed devices.
 */
static void gone(const struct address *address)
{
	const struct pci_device *old = find(address);
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
	put_in_list(device);
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
	put_in_list(device);
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
	scan.phase = DEVICES;
	scan.dir = open_bus("devices");
	if (!scan.dir) {
		log_warn("cannot read %s/bus/pci/devices: %s", config.sysfs, strerror(errno));
		return;
	}
	for (size_t i = 0; i < num_devices; i++)
		if (!list[i]->removed_ns)
			set_add(&scan.left, &list[i]->address);
}

static void read_name(const char *name)
{
	struct address address;

	if (scan.phase == SLOTS)
		pci_slots_add(&slots, config.sysfs, name);
	else if (!address_parse_pci(name, &address) && !set_add(&scan.left, &address))
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

static void step(void)
{
	struct address address = { .type = ADDRESS_PCI };
	uint64_t key;

	if (scan.phase != REFRESH) {
		step_directory();
	} else if (scan.left.count) {
		key = scan.left.at[--scan.left.count];
		address.segment = (uint32_t)(key >> 16);
		address.bdf = (uint16_t)key;
		refresh(&address);
		scan.read++;
	} else {
		scan.phase = IDLE;
	}
}

static void begin(void)
{
	struct address_set emptied = scan.left;

	scan.left = wanted;
	wanted = emptied;
	scan.all = all_wanted;
	scan.turns = 0;
	scan.read = 0;
	all_wanted = false;
	scan.phase = SLOTS;
	scan.dir = open_bus("slots");
	pci_slots_clear(&slots);
}

static void on_timer(struct loop_timer *expired)
{
	uint64_t until = clock_mono_ns() + SLICE_NS;

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
	drop_forgotten();
	if (wanted.count || all_wanted)
		loop_timer_arm(watch_loop, expired, GATHER_NS);
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
		if (uevent_pci(message, (size_t)n, &address) && !set_add(&wanted, &address))
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
	}
	return err;
}

void devices_fini(void)
{
	if (uevents.fd >= 0) {
		loop_timer_disarm(watch_loop, &timer);
		loop_del(watch_loop, &uevents);
		close(uevents.fd);
		uevents.fd = -1;
	}
	if (scan.dir)
		closedir(scan.dir);
	free(scan.left.at);
	memset(&scan, 0, sizeof(scan));
	free(wanted.at);
	wanted = (struct address_set){ 0 };
	while (num_devices)
		devices_put(list[--num_devices]);
	free(list);
	list = NULL;
	allocated = 0;
	pci_slots_free(&slots);
	pci_names_fini();
}
