// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of how many devices are watched, and of the reasons why others are not. */
#include "coverage.h"

#include <string.h>

#include "accept.h"
#include "bus/snapshot.h"
#include "devices.h"
#include "model/names.h"
#include "pci/devices.h"
#include "tables.h"

struct counts {
	uint32_t kind;
	const struct module_status *module;
	long devices[COVERAGE_STATES][COVERAGE_REASONS];
};

/* Adds @number devices like @pci, whose counts in the module's table are @of or NULL. */
static void add(struct counts *counts, const struct device_counts *of, const struct pci_device *pci,
		long number)
{
	const struct coverage_device device = metric_coverage(of, pci, counts->module);
	struct coverage coverage = coverage_of(counts->kind, &device, counts->module);

	counts->devices[coverage.state][coverage.reason] += number;
}

/* Counts each device with the requester ids that are guessed.  Returns whether there are any. */
static bool count_guessed(struct counts *counts)
{
	size_t count;
	const struct pci_device *const *list = devices_list(&count);
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (list[i]->removed_ns)
			continue;
		add(counts, NULL, list[i], 1);
		any |= list[i]->num_aliases > 0;
	}
	return any;
}

/* The module's table is not sorted.  Few of its devices have other requester ids. */
static void count_kind(const struct snapshot *s, struct counts *counts)
{
	bool guessed = count_guessed(counts);

	for (size_t i = 0; i < s->num_devices; i++) {
		const struct pci_device *pci = NULL;

		if (guessed || s->devices[i].num_aliases)
			pci = devices_find(&s->devices[i].address);
		if (!pci || pci->removed_ns)
			continue;
		add(counts, NULL, pci, -1);
		add(counts, &s->devices[i], pci, 1);
	}
}

void coverage_count(const struct snapshot *s, size_t kind,
		    void (*fn)(void *ctx, size_t kind, struct coverage pair, size_t devices),
		    void *ctx)
{
	struct counts counts = { .kind = coverage_kinds[kind],
				 .module = s->present ? &s->module : NULL };
	struct coverage pair;

	count_kind(s, &counts);
	for (size_t i = 0; coverage_possible(coverage_kinds[kind], i, &pair); i++)
		fn(ctx, kind, pair, (size_t)counts.devices[pair.state][pair.reason]);
}

static void add_unwatched(void *ctx, size_t kind, struct coverage pair, size_t devices)
{
	(void)kind;
	if (pair.state == COVERAGE_UNWATCHED)
		metric_add_for(ctx, "reason", coverage_reason_name(pair.reason), devices);
}

static void collect_unwatched(struct expo *e, const struct snapshot *s)
{
	coverage_count(s, COVERAGE_DMA, add_unwatched, e);
}

static void add_coverage(void *ctx, size_t kind, struct coverage pair, size_t devices)
{
	const struct label labels[] = { { "kind", kind_name(coverage_kinds[kind]) },
					{ "state", coverage_state_name(pair.state) },
					{ "reason", coverage_reason_name(pair.reason) },
					{ NULL, NULL } };

	expo_sample(ctx, labels, UNIT_WHOLE, devices, NULL);
}

static void collect_coverage(struct expo *e, const struct snapshot *s)
{
	for (size_t kind = 0; kind < COVERAGE_KINDS; kind++)
		coverage_count(s, kind, add_coverage, e);
}

static void collect_accepted(struct expo *e, const struct snapshot *s)
{
	struct coverage pair;

	(void)s;
	for (size_t kind = 0; kind < COVERAGE_KINDS; kind++) {
		for (size_t i = 0; coverage_possible(coverage_kinds[kind], i, &pair); i++) {
			const struct label labels[] = { { "kind", kind_name(coverage_kinds[kind]) },
							{ "reason",
							  coverage_reason_name(pair.reason) },
							{ NULL, NULL } };

			if (coverage_is_accepted(kind, pair.reason))
				expo_sample(e, labels, UNIT_WHOLE, 1, NULL);
		}
	}
}

const struct metric coverage_metrics[] = {
	{
		.family = { "faultcast_devices_unwatched", METRIC_GAUGE,
			    "PCI devices that are present and whose DMA faults would not be "
			    "counted, by reason." },
		.details = "Each such device counts once, with the first reason that applies. "
			   "Devices whose faults are counted under another requester id are not "
			   "unwatched. "
			   "Host bridges and IOMMUs do no DMA that an IOMMU checks, and do not "
			   "count. [coverage.md](coverage.md) explains the reasons.",
		.origin = METRIC_EXPORTER,
		.labels = "reason",
		.collect = collect_unwatched,
	},
	{
		.family = { "faultcast_device_coverage", METRIC_GAUGE,
			    "PCI devices that are present, by whether their faults of one kind "
			    "would be counted: exact, lower_bound, by_requester or unwatched, with "
			    "the reason." },
		.details =
			"All combinations that can occur are there, also at zero. `exact`: every "
			"fault that the hardware records, or every AER report of the kernel, is "
			"counted; the reason is `none`. `lower_bound`: some faults may be "
			"missing from the counts. `by_requester`: they would be counted under "
			"another requester id, such as that of a bridge, and not for the "
			"device. `unwatched`: none would be counted. "
			"[coverage.md](coverage.md) explains the reasons.",
		.origin = METRIC_EXPORTER,
		.labels = "kind, state, reason",
		.collect = collect_coverage,
	},
	{
		.family = { "faultcast_coverage_accepted", METRIC_GAUGE,
			    "Reasons for which devices are not watched, or not exactly, that the "
			    "setting coverage.accept names. The value is always 1." },
		.details = "The alerts leave these reasons out. The devices count in "
			   "`faultcast_device_coverage` as before.",
		.origin = METRIC_EXPORTER,
		.labels = "kind, reason",
		.collect = collect_accepted,
	},
	{ .family.name = NULL },
};
