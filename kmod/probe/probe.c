// SPDX-License-Identifier: GPL-2.0-only
/* The table of probes. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "probe.h"
#include "uapi/faultcast.h"

static struct faultcast_probe *const probes[] = {
	&faultcast_probe_vtd,
	&faultcast_probe_iommu,
	&faultcast_probe_aer,
	&faultcast_probe_hotplug,
	&faultcast_probe_link,
};

atomic64_t faultcast_probe_hw_overflow;
atomic64_t faultcast_probe_unknown_unit;

bool faultcast_probe_exact(const struct faultcast_probe *probe, const char **reason)
{
	const char *impairment = probe->exact && probe->impairment ? probe->impairment() : NULL;

	*reason = impairment ?: probe->reason;
	return probe->exact && !impairment;
}

static void attach(struct faultcast_probe *probe)
{
	int err = probe->attach(probe);
	const char *reason;
	bool exact;

	switch (err) {
	case 0:
		probe->state = FAULTCAST_PROBE_ACTIVE;
		exact = faultcast_probe_exact(probe, &reason);
		pr_info("%s: active, %s%s%s\n", probe->name, exact ? "exact" : "lower bound",
			*reason ? ": " : "", reason);
		return;
	case -ENODEV:
	case -ENOENT:
	case -EOPNOTSUPP:
		probe->state = FAULTCAST_PROBE_UNAVAILABLE;
		pr_info("%s: unavailable: %s\n", probe->name, probe->reason);
		return;
	default:
		probe->state = FAULTCAST_PROBE_FAILED;
		pr_warn("%s: failed (%d): %s\n", probe->name, err, probe->reason);
	}
}

void faultcast_probe_attach_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		attach(probes[i]);
}

void faultcast_probe_detach_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i]->state == FAULTCAST_PROBE_ACTIVE)
			probes[i]->detach();
}

struct faultcast_probe *faultcast_probe_at(unsigned int index)
{
	return index < ARRAY_SIZE(probes) ? probes[index] : NULL;
}

u64 faultcast_probe_nmissed(void)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i]->state == FAULTCAST_PROBE_ACTIVE && probes[i]->nmissed)
			sum += probes[i]->nmissed();
	return sum;
}
