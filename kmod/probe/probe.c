// SPDX-License-Identifier: GPL-2.0-only
/* The table of sources, and the one way by which each of them raises an event. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/tracepoint.h>

#include "core/event.h"

static struct faultcast_source *const sources[] = {
	&faultcast_source_vtd,
	&faultcast_source_iommu,
	&faultcast_source_aer,
	&faultcast_source_hotplug,
	&faultcast_source_link,
};

atomic64_t faultcast_source_hw_overflow;
atomic64_t faultcast_source_unknown_unit;

/* Just now, and in @reason why not, or why it is not active. */
bool faultcast_source_exact(const struct faultcast_source *source, const char **reason)
{
	const char *impairment = source->exact && source->impairment ? source->impairment() : NULL;

	*reason = impairment ?: source->reason;
	return source->exact && !impairment;
}

static void attach(struct faultcast_source *source)
{
	int err = source->attach(source);
	const char *reason;
	bool exact;

	switch (err) {
	case 0:
		source->state = FAULTCAST_PROBE_ACTIVE;
		exact = faultcast_source_exact(source, &reason);
		pr_info("%s: active, %s%s%s\n", source->name, exact ? "exact" : "lower bound",
			*reason ? ": " : "", reason);
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

/* What no event has told of yet is told by the next one; not by a test. */
static void take_untold(struct faultcast_slot *slot, struct faultcast_event *ev)
{
	if (atomic64_read(&slot->untold_suppressed))
		ev->suppressed_before = atomic64_xchg(&slot->untold_suppressed, 0);
	if (atomic64_read(&slot->untold_lost))
		ev->lost_before = atomic64_xchg(&slot->untold_lost, 0);
}

/* After it was counted: what is told is never more than what is counted. */
static void give_untold(atomic64_t *untold, u64 count)
{
	if (!count)
		return;
	atomic64_add(count, untold);
	faultcast_publish_untold();
}

/*
 * Any context, NMI-like included.  The caller has filled slot, kind and what
 * it knows of the rest.  Counts, stamps and queues.  -EBUSY when storm control
 * suppressed it, -ENOSPC when it was lost.
 */
int faultcast_source_raise(struct faultcast_event *ev)
{
	struct faultcast_slot *slot = faultcast_registry_slot(ev->slot);
	bool synthetic = ev->flags & FAULTCAST_EVENT_F_SYNTHETIC;
	enum faultcast_bucket bucket = synthetic ? FAULTCAST_BUCKET_SYNTHETIC :
						   FAULTCAST_BUCKET_REAL;
	int err;

	ev->boot_ns = ktime_get_boot_fast_ns();
	ev->generation = READ_ONCE(slot->generation);
	faultcast_registry_count(ev);
	smp_mb__after_atomic();	/* raised before what became of it: see log.c */
	if (!faultcast_storm_admit(slot, bucket, ev->boot_ns)) {
		atomic64_inc(&slot->suppressed);
		give_untold(&slot->untold_suppressed, !synthetic);
		return -EBUSY;
	}
	if (!synthetic)
		take_untold(slot, ev);
	err = faultcast_queue_put(ev);
	if (err) {
		faultcast_storm_refund(slot, bucket);
		atomic64_inc(&slot->lost);
		give_untold(&slot->untold_suppressed, ev->suppressed_before);
		give_untold(&slot->untold_lost, ev->lost_before + !synthetic);
	}
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

/*
 * Attaches @probe to @name ("system:event").  By name, so that a kernel built
 * without it costs a source, not the module.  The caller has checked @probe's
 * type; without a header to do so it is NULL.
 */
int faultcast_source_attach_tracepoint(struct faultcast_source *source, const char *name,
				       void *probe, struct tracepoint **tracepoint)
{
	struct lookup lookup = { .name = strchr(name, ':') + 1 };
	int err;

	for_each_kernel_tracepoint(match, &lookup);
	*tracepoint = lookup.found;
	if (!lookup.found) {
		scnprintf(source->reason, sizeof(source->reason),
			  "this kernel has no tracepoint %s", name);
		return -ENOENT;
	}
	if (!probe) {
		scnprintf(source->reason, sizeof(source->reason),
			  "built without the prototype of %s", name);
		return -EOPNOTSUPP;
	}
	err = tracepoint_probe_register(lookup.found, probe, NULL);
	if (err) {
		scnprintf(source->reason, sizeof(source->reason), "the tracepoint %s refused",
			  name);
		/* Never mistaken for a kernel that lacks it. */
		return err == -ENODEV || err == -ENOENT ? -EIO : err;
	}
	source->exact = true;
	return 0;
}
