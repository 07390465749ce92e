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
	&faultcast_probe_amd,
	&faultcast_probe_aer,
	&faultcast_probe_hotplug,
	&faultcast_probe_link,
	&faultcast_probe_smmuv3,
	&faultcast_probe_dpc,
	&faultcast_probe_recovery,
};

atomic64_t faultcast_probe_hw_overflow;
atomic64_t faultcast_probe_unknown_unit;

struct faultcast_probe_status faultcast_probe_status(const struct faultcast_probe *probe)
{
	struct faultcast_probe_status now = { .state = probe->state, .reason = probe->reason };
	const char *reason;

	if (!probe->attached)
		return now;
	reason = probe->dormant ? probe->dormant() : NULL;
	if (reason) {
		now.state = FAULTCAST_PROBE_UNAVAILABLE;
		now.reason = reason;
		return now;
	}
	reason = probe->exact && probe->impairment ? probe->impairment() : NULL;
	now.exact = probe->exact && !reason;
	if (reason)
		now.reason = reason;
	return now;
}

static void log_status(const struct faultcast_probe *probe, int err)
{
	struct faultcast_probe_status now = faultcast_probe_status(probe);

	switch (now.state) {
	case FAULTCAST_PROBE_ACTIVE:
		pr_info("%s: active, %s%s%s\n", probe->name, now.exact ? "exact" : "lower bound",
			*now.reason ? ": " : "", now.reason);
		break;
	case FAULTCAST_PROBE_UNAVAILABLE:
		pr_info("%s: unavailable: %s\n", probe->name, now.reason);
		break;
	default:
		pr_warn("%s: failed (%d): %s\n", probe->name, err, now.reason);
	}
}

static int attach(struct faultcast_probe *probe)
{
	int err = probe->attach(probe);

	switch (err) {
	case 0:
		probe->attached = true;
		probe->state = FAULTCAST_PROBE_ACTIVE;
		break;
	case -ENODEV:
	case -ENOENT:
	case -EOPNOTSUPP:
		probe->state = FAULTCAST_PROBE_UNAVAILABLE;
		break;
	default:
		probe->state = FAULTCAST_PROBE_FAILED;
	}
	return err;
}

/* The status of a probe may depend on the probes behind it. */
void faultcast_probe_attach_all(void)
{
	int err[ARRAY_SIZE(probes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		err[i] = attach(probes[i]);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		log_status(probes[i], err[i]);
}

void faultcast_probe_detach_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i]->attached)
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
		if (probes[i]->attached && probes[i]->nmissed)
			sum += probes[i]->nmissed();
	return sum;
}
