// SPDX-License-Identifier: GPL-2.0-or-later
#include "module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "fleet.h"
#include "model/names.h"

enum { UNKNOWN, NVME, NIC, GPU, PORT, DMA_ENGINE, BEHIND_VMD, SLOTS };

static const struct device_counts fresh[SLOTS] = {
	[UNKNOWN] = { .address.type = ADDRESS_UNKNOWN },
	[NVME] = { .address = { .type = ADDRESS_PCI, .bdf = 0x0300 },
		   .present = true,
		   .identity = { .generation = 1,
				 .vendor_id = 0x144d,
				 .device_id = 0xa80a,
				 .subsystem_vendor_id = 0x144d,
				 .subsystem_device_id = 0xa801,
				 .class_code = 0x010802,
				 .serial = 0x0025385b71b0a1c2,
				 .driver = "nvme" } },
	[NIC] = { .address = { .type = ADDRESS_PCI, .bdf = 0x0401 },
		  .present = true,
		  .identity = { .generation = 3,
				.vendor_id = 0x15b3,
				.device_id = 0x101d,
				.subsystem_vendor_id = 0x15b3,
				.subsystem_device_id = 0x0016,
				.class_code = 0x020000,
				.serial = 0xb8cef60300a1b2c4,
				.driver = "mlx5_core",
				.physical_slot = "4" } },
	[GPU] = { .address = { .type = ADDRESS_PCI, .bdf = 0x4100 },
		  .present = true,
		  .identity = { .generation = 2,
				.vendor_id = 0x1002,
				.device_id = 0x74a1,
				.subsystem_vendor_id = 0x1002,
				.subsystem_device_id = 0x74a1,
				.class_code = 0x120000,
				.revision = 0x01,
				.driver = "amdgpu",
				.physical_slot = "7-1" } },
	[PORT] = { .address = { .type = ADDRESS_PCI, .bdf = 0x00e0 },
		   .present = true,
		   .identity = { .generation = 1,
				 .vendor_id = 0x8086,
				 .device_id = 0x7abc,
				 .class_code = 0x060400,
				 .revision = 0x11,
				 .driver = "pcieport" } },
	[DMA_ENGINE] = { .address = { .type = ADDRESS_NAME, .name = "platform/12340000.dma" } },
	/* A card that was removed. The segment numbers of VMD do not fit in 16 bits. */
	[BEHIND_VMD] = { .address = { .type = ADDRESS_PCI, .segment = 0x10000, .bdf = 0xe105 },
			 .identity = { .generation = 9,
				       .vendor_id = 0x8086,
				       .device_id = 0x0a54,
				       .class_code = 0x010802 } },
};

/* Event N is row N modulo the number of rows. Other fields are derived from the slot and N. */
static const struct fault_event pattern[] = {
	{ .slot = NVME,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_READ,
	  .has_reason = true,
	  .reason = 6 },
	{ .slot = NIC,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_WRITE,
	  .has_reason = true,
	  .reason = 5 },
	{ .slot = NIC,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_READ,
	  .has_reason = true,
	  .reason = 6,
	  .has_pasid = true,
	  .pasid = 0xfffff },
	{ .slot = GPU,
	  .kind = FAULTCAST_KIND_AER,
	  .aer_severity = FAULTCAST_SEVERITY_CORRECTED,
	  .aer_status = 0x00000041 },
	{ .slot = NIC,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_WRITE,
	  .has_reason = true,
	  .reason = 5 },
	{ .slot = DMA_ENGINE, .kind = FAULTCAST_KIND_IO_PAGE_FAULT },
	{ .slot = NVME,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_READ,
	  .has_reason = true,
	  .reason = 6 },
	{ .slot = GPU,
	  .kind = FAULTCAST_KIND_AER,
	  .aer_severity = FAULTCAST_SEVERITY_NONFATAL,
	  .aer_status = 0x00100000,
	  .has_tlp = true,
	  .tlp = { 0x40000001, 0x0000000f, 0xfeedf00d, 0x80000000 } },
	{ .slot = UNKNOWN, .kind = FAULTCAST_KIND_IO_PAGE_FAULT, .access = FAULTCAST_ACCESS_READ },
	{ .slot = NIC,
	  .kind = FAULTCAST_KIND_INTERRUPT_REMAPPING,
	  .has_reason = true,
	  .reason = 0x22,
	  .irte_index = 0xffff },
	{ .slot = NVME,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_OTHER,
	  .has_reason = true,
	  .reason = 0x71 },
	{ .slot = PORT,
	  .kind = FAULTCAST_KIND_HOTPLUG,
	  .hotplug = FAULTCAST_HOTPLUG_CARD_NOT_PRESENT },
	{ .slot = GPU, .kind = FAULTCAST_KIND_AER, .aer_severity = FAULTCAST_SEVERITY_FATAL },
	{ .slot = BEHIND_VMD,
	  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
	  .access = FAULTCAST_ACCESS_WRITE,
	  .has_reason = true,
	  .reason = 2,
	  .identity_late = true },
	{ .slot = PORT,
	  .kind = FAULTCAST_KIND_LINK,
	  .link_reason = 2,
	  .link_speed = 0x17,
	  .link_width = 16,
	  .link_status = 0x3104 },
	{ .slot = NVME, .kind = FAULTCAST_KIND_IO_PAGE_FAULT, .synthetic = true },
};

#define PATTERNS (sizeof(pattern) / sizeof(pattern[0]))

static struct module_status status;
static struct device_counts slots[SLOTS + FLEET_MAX];
static uint32_t num_slots;

/* The number of devices behind the first SLOTS. If there are any, all events are theirs. */
static uint32_t fleet;
static uint32_t faulty; /* the first devices of the fleet */
static uint32_t churn_devices;
static uint32_t churn_next;

/* For each slot, the unreported faults. */
static struct unreported {
	uint64_t suppressed;
	uint64_t lost;
} unreported[SLOTS + FLEET_MAX];

static struct fault_event *history;
static int64_t clock_offset_ns;
static uint64_t age_ns;

static uint64_t real_ns(void)
{
	return clock_real_ns() + (uint64_t)clock_offset_ns;
}

static void fill_slots(uint32_t devices)
{
	fleet = faulty = devices;
	num_slots = SLOTS + devices;
	churn_devices = churn_next = 0;
	memcpy(slots, fresh, sizeof(fresh));
	for (uint32_t i = 0; i < devices; i++)
		slots[SLOTS + i] = fleet_device(i);
	for (uint32_t i = 0; i < num_slots; i++)
		slots[i].slot = i;
	memset(unreported, 0, sizeof(unreported));
}

int module_load(uint32_t history_len, uint64_t instance, uint32_t devices)
{
	while (!instance)
		if (getrandom(&instance, sizeof(instance), 0) != sizeof(instance))
			return -errno;
	history = calloc(history_len, sizeof(*history));
	if (!history)
		return -ENOMEM;
	fill_slots(devices);
	status = (struct module_status){
		.instance = instance,
		.loaded_real_ns = real_ns(),
		.devices_max = num_slots,
		.history_max = history_len,
		.queue_max = 1,
		.probes = { { "vtd", "", FAULTCAST_PROBE_ACTIVE, true },
			    { "iommu", "played by a program", FAULTCAST_PROBE_UNAVAILABLE, true },
			    { "aer", "", FAULTCAST_PROBE_ACTIVE, true },
			    { "amd", "played by a program", FAULTCAST_PROBE_UNAVAILABLE, true } },
		.num_probes = 4,
		.units = { { 0xfed90000, 0, true, true, "dmar0", FAULTCAST_IOMMU_TYPE_VTD, 0 },
			   { 0xfed91000, 1, true, true, "dmar1", FAULTCAST_IOMMU_TYPE_VTD, 0 },
			   { 0xfeb80000, 0, true, true, "ivhd0", FAULTCAST_IOMMU_TYPE_AMD, 0 } },
		.num_units = 3,
	};
	return 0;
}

void module_set_version(const char *version, uint32_t abi)
{
	snprintf(status.version, sizeof(status.version), "%s", version);
	status.abi = abi;
}

int module_set_probe(const char *name, const char *state)
{
	bool is_exact = !strcmp(state, "exact");

	for (unsigned int i = 0; i < status.num_probes; i++) {
		struct probe_status *probe = &status.probes[i];

		for (uint32_t s = FAULTCAST_PROBE_ACTIVE; s <= FAULTCAST_PROBE_FAILED; s++) {
			if (strcmp(probe->name, name) != 0 ||
			    strcmp(is_exact ? "active" : state, probe_state_name(s)) != 0)
				continue;
			probe->state = s;
			probe->exact = is_exact;
			return 0;
		}
	}
	return -EINVAL;
}

int module_set_unit(unsigned int unit, bool faults, bool interrupt_remapping)
{
	if (unit >= status.num_units)
		return -EINVAL;
	status.units[unit].faults = faults;
	status.units[unit].interrupt_remapping = interrupt_remapping;
	return 0;
}

int module_add_error(unsigned int unit, const char *name, uint64_t count)
{
	struct iommu_error *error = &status.errors[status.num_errors];

	if (unit >= status.num_units || status.num_errors == IOMMU_ERRORS_MAX)
		return -EINVAL;
	error->unit = unit;
	error->count = count;
	snprintf(error->name, sizeof(error->name), "%s", name);
	status.num_errors++;
	return 0;
}

void module_forget_units(void)
{
	status.num_errors = 0;
	status.num_units = 0;
}

void module_unload(void)
{
	free(history);
	history = NULL;
}

const struct module_status *module_status(void)
{
	status.tail = !status.head			 ? 0
		      : status.head > status.history_max ? status.head - status.history_max + 1
							 : 1;
	return &status;
}

const struct device_counts *module_device(uint32_t slot)
{
	return slot < num_slots ? &slots[slot] : NULL;
}

int module_find(const char *name)
{
	char label[ADDRESS_LEN];

	for (uint32_t i = 0; i < num_slots; i++) {
		address_format(&slots[i].address, label);
		if (!strcmp(label, name))
			return (int)i;
	}
	return -1;
}

/* Counts @ev in its slot, as the probe does. */
static void count(const struct fault_event *ev)
{
	struct device_counts *slot = &slots[ev->slot];

	status.raised++;
	slot->raised++;
	if (ev->synthetic) {
		slot->synthetic++;
		return;
	}
	if (!slot->first_real_ns)
		slot->first_real_ns = ev->real_ns;
	slot->last_real_ns = ev->real_ns;
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		slot->io_page_faults[ev->access]++;
		break;
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		slot->interrupt_remapping++;
		break;
	case FAULTCAST_KIND_AER:
		slot->aer[ev->aer_severity]++;
		for (uint32_t bit = 0; bit < FAULTCAST_AER_BIT_NONE; bit++)
			slot->aer_errors[ev->aer_severity][bit] += ev->aer_status >> bit & 1;
		slot->aer_errors[ev->aer_severity][FAULTCAST_AER_BIT_NONE] += !ev->aer_status;
		break;
	case FAULTCAST_KIND_LINK:
		slot->link++;
		break;
	case FAULTCAST_KIND_HOTPLUG:
		slot->hotplug[ev->hotplug]++;
		break;
	}
}

/*
 * Gives @template a sequence number and a place in the history. A synthetic event reports
 * nothing.
 */
static struct fault_event *record(const struct fault_event *template)
{
	uint64_t seq = ++status.head;
	struct fault_event *ev = &history[seq % status.history_max];
	const struct device_counts *slot = &slots[template->slot];

	*ev = *template;
	ev->instance = status.instance;
	ev->seq = seq;
	ev->mono_ns = clock_mono_ns() - age_ns;
	ev->real_ns = real_ns();
	ev->device = slot->address;
	ev->identity = slot->identity;
	ev->generation = slot->identity.generation;
	if (!ev->synthetic) {
		ev->suppressed_before = unreported[ev->slot].suppressed;
		ev->lost_before = unreported[ev->slot].lost;
		unreported[ev->slot] = (struct unreported){ 0 };
	}
	return ev;
}

const struct fault_event *module_publish(void)
{
	uint64_t seq = status.head + 1;
	const struct fault_event row = fleet ? fleet_event(seq, faulty, SLOTS)
					     : pattern[seq % PATTERNS];
	struct fault_event *ev = record(&row);

	if (ev->kind == FAULTCAST_KIND_IO_PAGE_FAULT) {
		ev->has_iova = true;
		ev->iova = ev->seq << 12;
	}
	count(ev);
	status.published++;
	slots[ev->slot].published++;
	if (!ev->synthetic)
		status.published_kind[ev->kind]++;
	return ev;
}

/* Raises @n reads that are not published, at addresses that no test looks for. */
static void raise_only(uint32_t slot, uint64_t n)
{
	status.raised += n;
	slots[slot].raised += n;
	slots[slot].io_page_faults[FAULTCAST_ACCESS_READ] += n;
	slots[slot].last_real_ns = real_ns();
	if (!slots[slot].first_real_ns)
		slots[slot].first_real_ns = slots[slot].last_real_ns;
}

void module_suppress(uint32_t slot, uint64_t n)
{
	raise_only(slot, n);
	status.suppressed += n;
	slots[slot].suppressed += n;
	unreported[slot].suppressed += n;
}

void module_lose(uint32_t slot, uint64_t n)
{
	raise_only(slot, n);
	status.lost += n;
	slots[slot].lost += n;
	unreported[slot].lost += n;
}

int module_set_faulty(uint32_t devices)
{
	if (!devices || devices > fleet)
		return -EINVAL;
	faulty = devices;
	return 0;
}

int module_set_churn(uint32_t devices)
{
	if (devices > fleet)
		return -EINVAL;
	churn_devices = devices;
	return 0;
}

void module_churn(void)
{
	for (uint32_t i = 0; i < churn_devices; i++)
		module_lose(SLOTS + churn_next++ % faulty, 1);
}

void module_set_present(uint32_t slot, bool present)
{
	struct device_identity *identity = &slots[slot].identity;

	slots[slot].present = present;
	identity->generation += present;
	/* Devices of the fleet come back without a driver. */
	snprintf(identity->driver, sizeof(identity->driver), "%s",
		 present && slot < SLOTS ? fresh[slot].identity.driver : "");
}

void module_forget_device(uint32_t slot)
{
	slots[slot].present = false;
	slots[slot].identity = (struct device_identity){ 0 };
}

int module_add_alias(uint32_t slot, const struct address *alias)
{
	struct device_counts *device = &slots[slot];

	if (device->num_aliases == DEVICE_ALIASES_MAX)
		return -ENOSPC;
	device->aliases[device->num_aliases++] = (struct device_alias){ .segment = alias->segment,
									.bdf = alias->bdf };
	return 0;
}

void module_unreported(uint64_t *suppressed, uint64_t *lost)
{
	*suppressed = *lost = 0;
	for (uint32_t i = 0; i < num_slots; i++) {
		*suppressed += unreported[i].suppressed;
		*lost += unreported[i].lost;
	}
}

const struct fault_event *module_summarize(uint32_t slot)
{
	const struct fault_event template = { .slot = slot, .kind = FAULTCAST_KIND_SUPPRESSED };

	if (!unreported[slot].suppressed && !unreported[slot].lost)
		return NULL;
	status.summaries++;
	return record(&template);
}

void module_drop(void)
{
	raise_only(NVME, 1);
	status.published++;
	status.published_kind[FAULTCAST_KIND_IO_PAGE_FAULT]++;
	slots[NVME].published++;
}

void module_step_clock(int64_t seconds)
{
	clock_offset_ns += seconds * (int64_t)NSEC_PER_SEC;
}

void module_set_age(uint64_t seconds)
{
	age_ns = seconds * NSEC_PER_SEC;
}

const struct fault_event *module_read(uint64_t seq)
{
	uint64_t tail = module_status()->tail;

	if (seq < tail)
		seq = tail;
	return &history[seq % status.history_max];
}
