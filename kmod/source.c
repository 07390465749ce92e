// SPDX-License-Identifier: GPL-2.0-only
/* The table of sources, and the one way by which each of them raises an event. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/tracepoint.h>

#include "event.h"

static struct faultcast_source *const sources[] = {
	&faultcast_source_vtd,
	&faultcast_source_iommu,
};

atomic64_t faultcast_source_hw_overflow;
atomic64_t faultcast_source_unknown_unit;

static void attach(struct faultcast_source *source)
{
	int err = source->attach(source);

	switch (err) {
	case 0:
		source->state = FAULTCAST_PROBE_ACTIVE;
		pr_info("%s: active, %s%s%s\n", source->name,
			source->exact ? "exact" : "lower bound",
			*source->reason ? ": " : "", source->reason);
		return;
	case -ENODEV:
	case -ENOENT:
	case -EOPNOTSUPP:
		source->state = FAULTCAST_PROBE_UNAVAILABLE;
		pr_info("%s: unavailable: %s\n", source->name, source->reason);
		return;
	default:
		source->state = FAULTCAST_PROBE_FAILED;
		pr_warn("%s: failed (%d): %s\n", source->name, err, source->reason);
	}
}

void faultcast_source_attach_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		attach(sources[i]);
}

void faultcast_source_detach_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->state == FAULTCAST_PROBE_ACTIVE)
			sources[i]->detach();
}

/* NULL after the last one. */
struct faultcast_source *faultcast_source_at(unsigned int index)
{
	return index < ARRAY_SIZE(sources) ? sources[index] : NULL;
}

u64 faultcast_source_nmissed(void)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->state == FAULTCAST_PROBE_ACTIVE && sources[i]->nmissed)
			sum += sources[i]->nmissed();
	return sum;
}

/*
 * Any context, NMI-like included.  The caller has filled slot, kind and what
 * it knows of the rest.  Counts, stamps and queues; -ENOSPC when it was lost.
 */
int faultcast_source_raise(struct faultcast_event *ev)
{
	int err;

	ev->mono_ns = ktime_get_mono_fast_ns();
	faultcast_registry_count(ev);
	smp_mb__after_atomic();	/* raised before queued or lost: see publish.c */
	err = faultcast_queue_put(ev);
	if (err)
		atomic64_inc(&faultcast_registry_slot(ev->slot)->lost);
	return err;
}

struct lookup {
	const char *name;
	struct tracepoint *found;
};

static void match(struct tracepoint *tp, void *priv)
{
	struct lookup *lookup = priv;

	if (!strcmp(tp->name, lookup->name))
		lookup->found = tp;
}

/* By name, so that a kernel built without it costs a source, not the module. */
struct tracepoint *faultcast_source_tracepoint(const char *name)
{
	struct lookup lookup = { .name = name };

	for_each_kernel_tracepoint(match, &lookup);
	return lookup.found;
}
