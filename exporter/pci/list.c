// SPDX-License-Identifier: GPL-2.0-or-later
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices.h"

static const struct pci_device **list;
static size_t num_devices, allocated;

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

const struct pci_device *const *devices_list(size_t *count)
{
	*count = num_devices;
	return list;
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

static bool is_at(size_t place, const struct address *address)
{
	return place < num_devices && address_equal(&list[place]->address, address);
}

const struct pci_device *devices_find(const struct address *address)
{
	size_t place = place_of(address);

	return is_at(place, address) ? list[place] : NULL;
}

void list_put(const struct pci_device *device)
{
	size_t place = place_of(&device->address);

	if (is_at(place, &device->address)) {
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

void list_drop(bool (*is_over)(uint64_t removed_ns))
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

void list_free(void)
{
	while (num_devices)
		devices_put(list[--num_devices]);
	free(list);
	list = NULL;
	allocated = 0;
}
