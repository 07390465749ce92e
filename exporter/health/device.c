// SPDX-License-Identifier: GPL-2.0-or-later
#include "device.h"

#include <search.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

struct health_device *health_find(const struct health *health, const struct address *address)
{
	void *node = tfind(address, &health->by_address, compare);

	return node ? *(struct health_device **)node : NULL;
}

static void free_device(struct health_device *device)
{
	if (device)
		free(device->tallies);
	free(device);
}

struct health_device *health_add(struct health *health, const struct address *address)
{
	struct health_device *device = calloc(1, sizeof(*device));

	if (device)
		device->tallies = calloc(health->num_rules + 1, sizeof(*device->tallies));
	if (!device || !device->tallies)
		goto fail;
	device->address = *address;
	device->reported = HEALTH_OK;
	if (!tsearch(device, &health->by_address, compare))
		goto fail;
	device->next = health->devices;
	health->devices = device;
	return device;
fail:
	free_device(device);
	return NULL;
}

void health_remove(struct health *health, struct health_device **at)
{
	struct health_device *device = *at;

	*at = device->next;
	tdelete(device, &health->by_address, compare);
	free_device(device);
}

struct walk {
	void (*each)(void *ctx, const struct address *device, enum health_state state);
	void *ctx;
};

static void visit(const void *node, VISIT when, void *closure)
{
	const struct health_device *device = *(const struct health_device *const *)node;
	const struct walk *walk = closure;

	if (when == postorder || when == leaf)
		walk->each(walk->ctx, &device->address, device->reported);
}

void health_each(const struct health *health,
		 void (*each)(void *ctx, const struct address *device, enum health_state state),
		 void *ctx)
{
	struct walk walk = { each, ctx };

	twalk_r(health->by_address, visit, &walk);
}

void health_fini(struct health *health)
{
	while (health->devices)
		health_remove(health, &health->devices);
}
