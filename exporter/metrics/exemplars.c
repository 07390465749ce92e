// SPDX-License-Identifier: GPL-2.0-or-later
#include "exemplars.h"
#include "faultcast.h"
#include "model/event.h"

#include <stdlib.h>
#include <string.h>

/* A larger slot number can only be an error: the module's parameter devices= is far below. */
#define SLOTS_MAX 65536

static struct device_exemplars **slots;
static size_t num_slots;
static uint64_t of_instance;

static struct device_exemplars *get(uint32_t slot)
{
	if (slot >= num_slots) {
		size_t more = (slot | 63) + 1;
		struct device_exemplars **grown = reallocarray(slots, more, sizeof(*slots));

		if (!grown)
			return NULL;
		memset(grown + num_slots, 0, (more - num_slots) * sizeof(*slots));
		slots = grown;
		num_slots = more;
	}
	if (!slots[slot])
		slots[slot] = calloc(1, sizeof(*slots[slot]));
	return slots[slot];
}

static struct exemplar *place_of(struct device_exemplars *device, const struct fault_event *ev)
{
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		return ev->access <= FAULTCAST_ACCESS_MAX ? &device->io_page_faults[ev->access]
							  : NULL;
	case FAULTCAST_KIND_AER:
		return ev->aer_severity <= FAULTCAST_SEVERITY_MAX ? &device->aer[ev->aer_severity]
								  : NULL;
	case FAULTCAST_KIND_HOTPLUG:
		return ev->hotplug <= FAULTCAST_HOTPLUG_MAX ? &device->hotplug[ev->hotplug] : NULL;
	case FAULTCAST_KIND_LINK:
		return &device->link;
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return &device->interrupt_remapping;
	case FAULTCAST_KIND_DPC:
		return &device->dpc;
	case FAULTCAST_KIND_RECOVERY:
		return ev->recovery == FAULTCAST_RECOVERY_FAILED ? &device->recovery : NULL;
	}
	return NULL;
}

void exemplars_note(const struct fault_event *ev)
{
	struct device_exemplars *device;
	struct exemplar *place;

	if (ev->instance != of_instance) {
		exemplars_fini();
		of_instance = ev->instance;
	}
	device = ev->slot < SLOTS_MAX ? get(ev->slot) : NULL;
	place = device ? place_of(device, ev) : NULL;
	if (place)
		*place = (struct exemplar){ .cursor = { ev->instance, ev->seq, 0 },
					    .value = 1,
					    .real_ns = ev->real_ns };
}

const struct device_exemplars *exemplars_of(uint64_t instance, uint32_t slot)
{
	static const struct device_exemplars none;

	if (instance != of_instance || slot >= num_slots || !slots[slot])
		return &none;
	return slots[slot];
}

void exemplars_fini(void)
{
	for (size_t i = 0; i < num_slots; i++)
		free(slots[i]);
	free(slots);
	slots = NULL;
	num_slots = 0;
	of_instance = 0;
}
