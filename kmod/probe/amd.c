// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe for AMD's IOMMU.  The kernel's driver prints the records of the event log, and
 * passes on only some of them: DMA faults of devices that have a domain.  The probe reads
 * the log itself.  It replaces no code and writes no register and no memory.
 *
 * All of the driver's work is done in the thread of the IOMMU's interrupt.  The probe looks
 * into the log at three places there, and raises the records that it has not seen:
 *
 * - where the driver begins to poll the log;
 * - where the driver looks up the device of a record, as it does for page faults and for
 *   the faults of the reverse map table;
 * - where the driver prints a record, as it does for each record of the other types.
 *
 * For every record, the driver passes one of the last two places before it erases the
 * record or moves HEAD.  So the probe has seen each record that the driver takes, also one
 * that came after the probe's look at the first place.
 */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "amd.h"
#include "amd_log.h"
#include "amd_units.h"
#include "hook.h"
#include "probe.h"
#include "uapi/faultcast.h"

static bool observes;

bool faultcast_amd_observes(void)
{
	return READ_ONCE(observes);
}

#if defined(CONFIG_AMD_IOMMU) && defined(CONFIG_X86_64)

static void poll(const void *driver)
{
	struct amd_unit *unit = amd_units_find(driver);

	if (!unit) {
		atomic64_inc(&faultcast_probe_unknown_unit);
		return;
	}
	WRITE_ONCE(unit->thread, current);
	amd_log_look(unit);
}

/* void iommu_poll_events(struct amd_iommu *iommu) */
static void on_poll(struct ftrace_regs *args)
{
	poll((void *)faultcast_hook_arg(args, 0));
}

/* irqreturn_t amd_iommu_int_thread(int irq, void *data) */
static void on_thread(struct ftrace_regs *args)
{
	poll((void *)faultcast_hook_arg(args, 1));
}

/* The whole kernel calls these functions, also in interrupts of the thread. */
static void on_record(struct ftrace_regs *args)
{
	struct amd_unit *unit = in_task() ? amd_units_of_thread(current) : NULL;

	if (unit)
		amd_log_look_again(unit);
}

/* The hardware has set the overflow bit, and the driver starts the log again. */
static void on_overflow(struct ftrace_regs *args)
{
	atomic64_inc(&faultcast_probe_hw_overflow);
}

/* The driver is about to set up the IOMMUs.  Interrupts are off, and one CPU runs. */
static void on_resume(struct ftrace_regs *args)
{
	amd_units_restart();
}

/* In 6.1 the thread has its poll inlined, and polls again while it runs. */
static struct faultcast_entry polls[] = {
	{ .function = "iommu_poll_events", .handler = on_poll },
	{ .function = "amd_iommu_int_thread", .handler = on_thread },
};

/* Without one of these, records may be missed. */
static struct faultcast_entry others[] = {
	{ .function = "pci_get_domain_bus_and_slot", .handler = on_record },
	{ .function = "_dev_err", .handler = on_record },
	{ .function = "amd_iommu_restart_event_logging", .handler = on_overflow },
	{ .function = "amd_iommu_resume", .handler = on_resume },
};

static void detach_hooks(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(polls); i++)
		faultcast_hook_remove_entry(&polls[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		faultcast_hook_remove_entry(&others[i]);
}

/* The first look is at a poll.  From then on the other hooks must see every record. */
static int attach_hooks(struct faultcast_probe *probe)
{
	char inexact[sizeof(probe->reason)];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (faultcast_hook_entry(probe, &others[i]))
			probe->exact = false;
	strscpy(inexact, probe->reason, sizeof(inexact));
	err = faultcast_hook_entry(probe, &polls[0]);
	if (err == -ENOENT)
		err = faultcast_hook_entry(probe, &polls[1]);
	if (err) {
		detach_hooks();
		return err;
	}
	strscpy(probe->reason, inexact, sizeof(probe->reason));
	return 0;
}

static int map_units(struct faultcast_probe *probe)
{
	int err = amd_units_map();

	if (err) {
		strscpy(probe->reason, err == -ENODEV ?
			"no ACPI IVRS table: this machine has no AMD IOMMU" :
			"cannot map the event log of every IOMMU", sizeof(probe->reason));
		return err;
	}
	if (amd_units_any_on())
		return 0;
	strscpy(probe->reason, "AMD's IOMMU is there but its event log is off",
		sizeof(probe->reason));
	amd_units_unmap();
	return -ENODEV;
}

static int attach(struct faultcast_probe *probe)
{
	int err = map_units(probe);

	if (err)
		return err;
	probe->exact = true;
	err = attach_hooks(probe);
	if (err) {
		amd_units_unmap();
		return err;
	}
	WRITE_ONCE(observes, true);
	return 0;
}

static void detach(void)
{
	detach_hooks();
	amd_units_unmap();
}

static const char *dormant(void)
{
	struct faultcast_unit unit;
	unsigned int i;

	for (i = 0; amd_units_at(i, &unit); i++)
		if (unit.flags & FAULTCAST_UNIT_F_FAULTS)
			return NULL;
	return "the event log or its interrupt is off at every IOMMU";
}

static const char *impairment(void)
{
	return amd_units_missed() ? "the driver took records that the probe had not seen" : NULL;
}

#else /* not on this kernel */

static int attach(struct faultcast_probe *probe)
{
	strscpy(probe->reason, "not in this kernel: needs x86-64 and AMD_IOMMU",
		sizeof(probe->reason));
	return -EOPNOTSUPP;
}

static void detach(void)
{
}

static const char *dormant(void)
{
	return NULL;
}

static const char *impairment(void)
{
	return NULL;
}

bool amd_units_at(unsigned int index, struct faultcast_unit *unit)
{
	return false;
}

#endif

struct faultcast_probe faultcast_probe_amd = {
	.name = "amd",
	.attach = attach,
	.detach = detach,
	.dormant = dormant,
	.impairment = impairment,
	.unit = amd_units_at,
};
