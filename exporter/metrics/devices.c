// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health/watch.h"
#include "model/coverage.h"
#include "model/identity.h"
#include "requesters.h"

static const struct device_counts no_counts;

/* Groups of devices, in the order in which they get series when there are too many. */
enum rank { RAISED, PRESENT, REST, RANKS };

static int compare(const void *a, const void *b, void *ctx)
{
	const struct device_counts *counts = ctx;

	return address_compare(&counts[*(const uint32_t *)a].address,
			       &counts[*(const uint32_t *)b].address);
}

static bool is_ordered(const struct metric_devices *d, const struct snapshot *s)
{
	for (size_t i = 1; i < s->num_devices; i++)
		if (compare(&d->order[i - 1], &d->order[i], s->devices) > 0)
			return false;
	return d->ordered == s->num_devices;
}

/*
 * The module's table is not sorted, but a device keeps its place in it: the order of the last
 * snapshot is usually still right and need not be sorted again.
 */
static int put_in_order(struct metric_devices *d, const struct snapshot *s)
{
	uint32_t *order = d->order;

	if (d->ordered == s->num_devices && is_ordered(d, s))
		return 0;
	order = reallocarray(d->order, s->num_devices + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;
	d->order = order;
	d->ordered = s->num_devices;
	for (size_t i = 0; i < s->num_devices; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, s->num_devices, sizeof(*order), compare, s->devices);
	return 0;
}

/* Either @counts or @pci may be NULL.  fill() completes the devices that limit() keeps. */
static void add(struct metric_devices *d, const struct device_counts *counts,
		const struct pci_device *pci)
{
	if (devices_forgotten(counts, pci))
		return;
	d->list[d->count++] = (struct metric_device){
		.counts = counts ? counts : &no_counts,
		.counted = counts && counts->raised,
		.pci = pci,
	};
}

/* Merges the devices of the module and of sysfs, which are both sorted by address. */
static void merge(struct metric_devices *d, const struct snapshot *s)
{
	size_t num_pci, i = 0, j = 0;
	const struct pci_device *const *pci = devices_list(&num_pci);

	while (i < s->num_devices || j < num_pci) {
		const struct device_counts *counts = i < s->num_devices ? &s->devices[d->order[i]]
									: NULL;
		int order = !counts	   ? 1
			    : j == num_pci ? -1
					   : address_compare(&counts->address, &pci[j]->address);

		add(d, order <= 0 ? counts : NULL, order >= 0 ? pci[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

static bool is_present(const struct metric_device *device)
{
	return (device->pci && !device->pci->removed_ns) || device->counts->present;
}

static enum rank rank_of(const struct metric_device *device)
{
	if (device->counts->first_real_ns)
		return RAISED;
	return is_present(device) ? PRESENT : REST;
}

static void limit(struct metric_devices *d, size_t max)
{
	size_t may_stay[RANKS] = { 0 }, left = max, kept = 0;

	d->omitted = d->count > max ? d->count - max : 0;
	if (!d->omitted)
		return;
	for (size_t i = 0; i < d->count; i++)
		may_stay[rank_of(&d->list[i])]++;
	for (enum rank rank = RAISED; rank < RANKS; rank++) {
		if (may_stay[rank] > left)
			may_stay[rank] = left;
		left -= may_stay[rank];
	}
	for (size_t i = 0; i < d->count; i++) {
		enum rank rank = rank_of(&d->list[i]);

		if (!may_stay[rank])
			continue;
		may_stay[rank]--;
		d->list[kept++] = d->list[i];
	}
	d->count = kept;
}

const struct address *metric_device_address(const struct metric_device *device)
{
	return device->pci ? &device->pci->address : &device->counts->address;
}

static void fill_aliases(struct metric_device *device)
{
	device->aliases = metric_aliases(device->counts, device->pci, device->module,
					 &device->num_aliases);
}

static void fill(struct metric_device *device, const struct snapshot *s, bool judged)
{
	if (device->pci)
		devices_get(device->pci);
	address_format(metric_device_address(device), device->name);
	device->instance = s->module.instance;
	device->module = s->present ? &s->module : NULL;
	fill_aliases(device);
	device->health = judged ? HEALTH_OK : HEALTH_UNKNOWN;
}

struct judging {
	struct metric_device *next, *end;
};

/*
 * Sets the health of one device.  Calls come in the order of addresses, which is that of the list.
 * A device that has raised nothing can have a state too, from before the module was loaded again.
 */
static void judge(void *ctx, const struct address *address, enum health_state state)
{
	struct judging *judging = ctx;
	int order = -1;

	while (judging->next < judging->end && order < 0) {
		order = address_compare(metric_device_address(judging->next), address);
		if (!order)
			judging->next->health = state;
		if (order <= 0)
			judging->next++;
	}
}

int metric_devices_build(struct metric_devices *d, const struct snapshot *s, size_t max)
{
	const bool judged = health_watch_knows(s->module.instance);
	size_t num_pci;

	metric_devices_release(d);
	devices_list(&num_pci);
	if (put_in_order(d, s))
		return -ENOMEM;
	d->list = calloc(s->num_devices + num_pci + 1, sizeof(*d->list));
	if (!d->list)
		return -ENOMEM;
	merge(d, s);
	limit(d, max);
	for (size_t i = 0; i < d->count; i++) {
		fill(&d->list[i], s, judged);
		d->list[i].with_serial = d->serials;
	}
	if (judged)
		health_watch_each(judge, &(struct judging){ d->list, d->list + d->count });
	return metric_devices_link(d);
}

void metric_devices_release(struct metric_devices *d)
{
	for (size_t i = 0; i < d->count; i++)
		devices_put(d->list[i].pci);
	free(d->list);
	d->list = NULL;
	d->count = 0;
	d->omitted = 0;
	requesters_clear(&d->requesters);
}

void metric_devices_free(struct metric_devices *d)
{
	metric_devices_release(d);
	free(d->order);
	requesters_free(&d->requesters);
	*d = (struct metric_devices){ 0 };
}

const struct device_exemplars *metric_device_exemplars(const struct metric_device *device)
{
	return device->counted ? exemplars_of(device->instance, device->counts->slot)
			       : exemplars_of(0, 0);
}

/* Writes the @digits lowest hexadecimal digits of @value.  snprintf() would cost a third of a
 * scrape. */
static char *put_hex(char *out, uint64_t value, int digits)
{
	while (digits--)
		*out++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return out;
}

/* Formats a Device Serial Number (PCIe 6.0 section 7.9.3.2) as lspci prints it. */
static void format_serial(uint64_t serial, char out[24])
{
	for (int shift = 56; serial && shift >= 0; shift -= 8) {
		out = put_hex(out, serial >> shift, 2);
		if (shift)
			*out++ = '-';
	}
	*out = '\0';
}

static void format_class(uint32_t code, char out[12])
{
	*out++ = '0';
	*out++ = 'x';
	*put_hex(out, code, 6) = '\0';
}

/*
 * The module's identity of the device.  NULL if the module has none, or if sysfs still describes
 * another card at this address: labels of two cards must not be mixed.
 */
static const struct device_identity *identity_of(const struct metric_device *device)
{
	const struct device_identity *module = &device->counts->identity;
	const struct pci_device *pci = device->pci;

	if (!module->generation)
		return NULL;
	if (pci && pci->vendor_id &&
	    (pci->vendor_id != module->vendor_id || pci->device_id != module->device_id))
		return NULL;
	return module;
}

static const struct pci_names *names_of(const struct metric_device *device,
					const struct device_identity *module)
{
	if (device->pci && device->pci->names)
		return device->pci->names;
	return module ? pci_names_of((uint16_t)module->vendor_id, (uint16_t)module->device_id)
		      : NULL;
}

bool metric_device_own_info(const struct metric_device *device, struct device_info *info)
{
	const struct device_identity *module = identity_of(device);
	const struct pci_names *names = names_of(device, module);
	const struct pci_device *pci = device->pci;

	if (!names)
		return false;
	info->vendor_id = names->vendor_text;
	info->device_id = names->device_text;
	info->numa_node = pci ? pci->numa_node : "";
	format_serial(module && device->with_serial ? module->serial : 0, info->serial);
	info->slot = module && *module->physical_slot ? module->physical_slot
		     : pci			      ? pci->slot
						      : "";
	if (module)
		format_class(module->class_code, info->class_text);
	info->class_code = module ? info->class_text : pci->class_code;
	info->physfn = pci ? pci->physfn : "";
	info->driver = module ? module->driver : pci->driver;
	info->vendor = names->vendor;
	info->model = names->model;
	info->root_port = pci ? pci->root_port : "";
	return true;
}

bool metric_device_info(const struct metric_device *device, struct device_info *info)
{
	return metric_device_own_info(device, info) || metric_device_cards_info(device, info);
}

const char *metric_device_domain(const struct metric_device *device)
{
	return device->pci && *device->pci->domain_type ? device->pci->domain_type : NULL;
}

/* The module has reported aliases since ABI 5; before, and without the module, they are guessed. */
#define ABI_WITH_ALIASES 5

const struct device_alias *metric_aliases(const struct device_counts *counts,
					  const struct pci_device *pci,
					  const struct module_status *module, uint32_t *num)
{
	if (counts && counts->identity.generation && module && module->abi >= ABI_WITH_ALIASES) {
		*num = counts->num_aliases;
		return counts->aliases;
	}
	*num = pci ? pci->num_aliases : 0;
	return pci ? pci->aliases : NULL;
}

static bool is_device(const struct device_alias *alias)
{
	const struct address id = { .type = ADDRESS_PCI,
				    .segment = alias->segment,
				    .bdf = alias->bdf };
	const struct pci_device *device = devices_find(&id);

	return device && !device->removed_ns;
}

struct coverage_device metric_coverage(const struct device_counts *counts,
				       const struct pci_device *pci,
				       const struct module_status *module)
{
	struct coverage_device coverage = pci->coverage;
	uint32_t num;
	const struct device_alias *aliases = metric_aliases(counts, pci, module, &num);

	coverage.ids = coverage_ids_of(&pci->address, aliases, num);
	for (uint32_t i = 0; i < num && !coverage.id_is_device; i++)
		coverage.id_is_device = is_device(&aliases[i]);
	return coverage;
}

bool metric_device_is_watched(const struct metric_device *device, uint32_t kind)
{
	struct coverage_device coverage;

	if (!device->pci)
		return false;
	coverage = metric_coverage(device->counts, device->pci, device->module);
	return coverage_is_watched(coverage_of(kind, &coverage, device->module));
}

/* Whether a requester id of the device is not ok. */
static bool is_suspected(const struct device_counts *counts, const struct pci_device *pci,
			 const struct module_status *module)
{
	uint32_t num;
	const struct device_alias *aliases = metric_aliases(counts, pci, module, &num);

	for (uint32_t i = 0; i < num; i++) {
		const struct address id = { .type = ADDRESS_PCI,
					    .segment = aliases[i].segment,
					    .bdf = aliases[i].bdf };

		if (health_watch_state(&id) > HEALTH_OK)
			return true;
	}
	return false;
}

/*
 * Nothing is known of the coverage of a device that is not in sysfs.  The faults that it has had
 * were counted, so that more of them would be.
 */
static enum health_state known_health(const struct device_counts *counts,
				      const struct pci_device *pci,
				      const struct module_status *module, enum health_state state)
{
	struct coverage_device coverage;

	/*
	 * A requester id says only that it was one of its cards: none of them is ok, and none is
	 * faulty for that alone.
	 */
	if (state == HEALTH_OK && is_suspected(counts, pci, module))
		return HEALTH_SUSPECT;
	if (state != HEALTH_OK)
		return state;
	if (!pci)
		return counts->first_real_ns ? HEALTH_OK : HEALTH_UNKNOWN;
	coverage = metric_coverage(counts, pci, module);
	return coverage_allows_ok(&coverage, module, health_watch_kinds()) ? HEALTH_OK
									   : HEALTH_UNKNOWN;
}

enum health_state metric_health(const struct device_counts *counts, const struct snapshot *s,
				enum health_state state)
{
	return known_health(counts, devices_find(&counts->address), s->present ? &s->module : NULL,
			    state);
}

enum health_state metric_device_health(const struct metric_device *device)
{
	return known_health(device->counts, device->pci, device->module, device->health);
}
