// SPDX-License-Identifier: GPL-2.0-or-later
#include "requesters.h"

#include <string.h>

#include "pci/sysfs.h"
#include "tables.h"

static const struct metric_device *find(const struct metric_device *list, size_t count,
					const struct address *address)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = address_compare(metric_device_address(&list[middle]), address);

		if (!order)
			return &list[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

int metric_devices_link(struct metric_devices *d)
{
	int err = 0;

	for (size_t i = 0; i < d->count && !err; i++)
		err = requesters_add(&d->requesters, d->list[i].aliases, d->list[i].num_aliases, i);
	requesters_sort(&d->requesters);
	for (size_t i = 0; i < d->count && !err; i++) {
		struct metric_device *device = &d->list[i];

		device->list = d->list;
		device->num_listed = d->count;
		device->cards = requesters_of(&d->requesters, metric_device_address(device),
					      &device->num_cards);
	}
	return err;
}

/* The bridge that the requester id belongs to, or the port above its bus. */
static const char *bridge_of(const struct metric_device *requester,
			     const struct metric_device *card)
{
	const struct address *id = metric_device_address(requester);
	const struct metric_device *at = card;
	struct address above;

	for (int depth = 0; at && at->pci && depth < PCI_PATH_MAX; depth++) {
		const struct address *address = metric_device_address(at);

		if (at != card && at == requester)
			return at->name;
		if (address_parse_pci(at->pci->parent, &above))
			return "";
		if (address->segment == id->segment && address->bdf >> 8 == id->bdf >> 8)
			return at->pci->parent;
		at = find(card->list, card->num_listed, &above);
	}
	return "";
}

void metric_device_each_card(const struct metric_device *device,
			     void (*each)(void *ctx, const struct metric_device *card,
					  const char *bridge),
			     void *ctx)
{
	if (device->num_cards && (device->pci || device->counts->identity.generation))
		each(ctx, device, device->pci ? device->pci->parent : "");
	for (size_t i = 0; i < device->num_cards; i++) {
		const struct metric_device *card = &device->list[device->cards[i].card];

		each(ctx, card, bridge_of(device, card));
	}
}

/* The labels of struct device_info that are pointers. */
static const size_t texts[] = {
	offsetof(struct device_info, vendor_id),  offsetof(struct device_info, device_id),
	offsetof(struct device_info, numa_node),  offsetof(struct device_info, slot),
	offsetof(struct device_info, class_code), offsetof(struct device_info, physfn),
	offsetof(struct device_info, driver),	  offsetof(struct device_info, vendor),
	offsetof(struct device_info, model),	  offsetof(struct device_info, root_port),
};

static const char **text_at(struct device_info *info, size_t i)
{
	return (const char **)(void *)((char *)info + texts[i]);
}

/* Empties the labels of @info that differ from those of @other. */
static void keep_equal(struct device_info *info, struct device_info *other)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(*text_at(info, i), *text_at(other, i)) != 0)
			*text_at(info, i) = "";
	if (strcmp(info->serial, other->serial) != 0)
		info->serial[0] = '\0';
}

bool metric_device_cards_info(const struct metric_device *device, struct device_info *info)
{
	struct device_info other;
	bool any = false;

	for (size_t i = 0; i < device->num_cards; i++) {
		const struct metric_device *card = &device->list[device->cards[i].card];

		if (!metric_device_own_info(card, any ? &other : info))
			continue;
		if (any)
			keep_equal(info, &other);
		any = true;
	}
	return any;
}

struct adding {
	struct expo *e;
	const struct metric_device *requester;
};

static void add_card(void *ctx, const struct metric_device *card, const char *bridge)
{
	const struct adding *adding = ctx;
	struct device_info info;
	bool known = metric_device_own_info(card, &info);
	const struct label labels[] = { { "device", adding->requester->name },
					{ "card", card->name },
					{ "bridge", bridge },
					{ "slot", known ? info.slot : "" },
					{ "driver", known ? info.driver : "" },
					{ "model", known ? info.model : "" },
					{ NULL, NULL } };

	expo_sample(adding->e, labels, UNIT_WHOLE, 1, NULL);
}

/* A quiet requester has none of these series: VMD may have dozens of drives behind it. */
static void collect_requester_info(struct expo *e, const struct metric_device *device)
{
	if (device->counts->first_real_ns)
		metric_device_each_card(device, add_card, &(struct adding){ e, device });
}

const struct metric requester_metrics[] = {
	{
		.family = { "faultcast_requester_info", METRIC_GAUGE,
			    "A card whose DMA may appear under the requester id that the label "
			    "device names. The value is always 1." },
		.details = "Only requester ids that have raised something have series, one for "
			   "each card: a card behind a PCIe-to-PCI bridge, with phantom functions "
			   "or behind VMD faults under an id that is not its own. With several "
			   "cards, the id does not say which of them it was. `bridge` is the "
			   "bridge that the id belongs to, or the port above its bus. The kernel "
			   "module reports these ids. Without it, or with a module before ABI 5, "
			   "they are guessed from sysfs: VMD and PCIe-to-PCI bridges only.",
		.origin = METRIC_EXPORTER,
		.labels = "device, card, bridge, slot, driver, model",
		.collect_device = collect_requester_info,
	},
	{ .family.name = NULL },
};
