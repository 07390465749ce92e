// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe for Arm SMMUv3.  The kernel's driver prints events and fires no tracepoint.
 * The probe replaces no code and writes no register: it reads the event queue, a ring in
 * memory, through a mapping and with a cursor of its own.
 *
 * The driver calls queue_remove_raw() before it takes each record.  An ftrace hook there
 * raises the records between the cursor and EVTQ_PROD, so the cursor is never behind the
 * driver and no record can be overwritten unseen.  If the compiler has inlined this
 * function, a hook at the beginning of the driver's interrupt thread and a later look
 * give a lower bound.
 *
 * This file attaches the hooks; smmuv3_look.c reads the queue.  All hooks but that of
 * GERROR run in the driver's interrupt thread.
 */
#include <linux/pm_runtime.h>
#include <linux/workqueue.h>

#include "hook.h"
#include "probe.h"
#include "smmuv3_look.h"
#include "smmuv3_units.h"
#include "uapi/faultcast.h"

#ifdef CONFIG_ARM64

#define TAKE		"queue_remove_raw"
#define THREAD		"arm_smmu_evtq_thread"
#define COMBINED	"arm_smmu_combined_irq_thread"
#define GERROR		"arm_smmu_gerror_handler"

/* When records may have come that the thread took after its beginning. */
#define LATER	msecs_to_jiffies(10)

static const char *units_reason;	/* why a unit is not observed */

/* int queue_remove_raw(struct arm_smmu_queue *q, u64 *ent): @q is part of the unit's data. */
static void on_take(struct ftrace_regs *args)
{
	struct smmuv3_unit *unit = smmuv3_units_find((void *)faultcast_hook_arg(args, 0));

	if (unit && unit->queue)
		smmuv3_look_take(unit);
}

static void look_later(struct work_struct *work);
static DECLARE_DELAYED_WORK(later, look_later);

/* An SMMU that may be powered down is left alone; its next interrupt finds the rest. */
static void look_later(struct work_struct *work)
{
	struct smmuv3_unit *unit;
	unsigned int i;

	for (i = 0; (unit = smmuv3_units_get(i)); i++)
		if (unit->queue && !pm_runtime_enabled(unit->dev))
			smmuv3_look_late(unit);
}

/* irqreturn_t arm_smmu_evtq_thread(int irq, void *dev); the combined thread has the same. */
static void on_thread(struct ftrace_regs *args)
{
	const void *driver = (void *)faultcast_hook_arg(args, 1);
	struct smmuv3_unit *unit = smmuv3_units_find(driver);

	if (!unit || unit->driver != driver || !unit->queue)
		return;
	smmuv3_look_late(unit);
	schedule_delayed_work(&later, LATER);
}

/* irqreturn_t arm_smmu_gerror_handler(int irq, void *dev), in hard irq */
static void on_gerror(struct ftrace_regs *args)
{
	const void *driver = (void *)faultcast_hook_arg(args, 1);
	struct smmuv3_unit *unit = smmuv3_units_find(driver);

	if (unit && unit->driver == driver && unit->queue)
		smmuv3_look_gerror(unit);
}

static struct faultcast_entry take_entry = { .function = TAKE, .handler = on_take };
static struct faultcast_entry thread_entry = { .function = THREAD, .handler = on_thread };
static struct faultcast_entry combined_entry = { .function = COMBINED, .handler = on_thread };
static struct faultcast_entry gerror_entry = { .function = GERROR, .handler = on_gerror };

/* Returns 0 with the probe exact, or a lower bound with the reason; else as attach(). */
static int attach_hooks(struct faultcast_probe *probe)
{
	int err = faultcast_hook_entry(probe, &take_entry);

	probe->exact = !err;
	if (err == -ENOENT) {
		err = faultcast_hook_entry(probe, &thread_entry);
		if (err == -ENOENT)
			err = faultcast_hook_entry(probe, &combined_entry);
		if (!err)
			strscpy(probe->reason, TAKE "() is inlined: a storm may overtake the probe",
				sizeof(probe->reason));
	}
	if (err)
		return err;
	if (faultcast_hook_entry(probe, &gerror_entry)) {
		probe->exact = false;
		strscpy(probe->reason, "dropped records are not noticed: cannot trace " GERROR "()",
			sizeof(probe->reason));
	}
	if (units_reason) {
		probe->exact = false;
		strscpy(probe->reason, units_reason, sizeof(probe->reason));
	}
	return 0;
}

static void remove_hooks(void)
{
	faultcast_hook_remove_entry(&take_entry);
	faultcast_hook_remove_entry(&thread_entry);
	faultcast_hook_remove_entry(&combined_entry);
	faultcast_hook_remove_entry(&gerror_entry);
	cancel_delayed_work_sync(&later);
}

static int attach(struct faultcast_probe *probe)
{
	int err = smmuv3_units_map(&units_reason);

	if (err <= 0) {
		strscpy(probe->reason, err == -ENODEV ?
			"this machine has no SMMUv3 with the driver " SMMUV3_DRIVER :
			units_reason ?: "no memory", sizeof(probe->reason));
		return err ?: -EIO;
	}
	err = smmuv3_streams_start();
	if (err) {
		strscpy(probe->reason, "cannot follow the devices of SMMUs",
			sizeof(probe->reason));
		smmuv3_units_unmap();
		return err;
	}
	err = attach_hooks(probe);
	if (err) {
		smmuv3_streams_stop();
		smmuv3_units_unmap();
	}
	return err;
}

static void detach(void)
{
	remove_hooks();
	smmuv3_streams_stop();
	smmuv3_units_unmap();
}

static u64 nmissed(void)
{
	struct smmuv3_unit *unit;
	unsigned int i;
	u64 sum = 0;

	for (i = 0; (unit = smmuv3_units_get(i)); i++)
		sum += READ_ONCE(unit->ring.lost);
	return sum;
}

static const char *dormant(void)
{
	struct faultcast_unit unit;
	unsigned int i;

	for (i = 0; smmuv3_units_at(i, &unit); i++)
		if (unit.flags & FAULTCAST_UNIT_F_FAULTS)
			return NULL;
	return "the event queue of every SMMU is off";
}

static const char *impairment(void)
{
	struct smmuv3_unit *unit;
	unsigned int i;

	if (smmuv3_streams_late())
		return "an SMMU got its driver after the module was loaded";
	/* The driver does not begin anew, so it took records without the hook. */
	for (i = 0; (unit = smmuv3_units_get(i)); i++)
		if (READ_ONCE(unit->ring.resumed))
			return "the driver took records where the probe does not see it";
	return NULL;
}

#else /* not on this architecture */

static int attach(struct faultcast_probe *probe)
{
	strscpy(probe->reason, "not on this architecture", sizeof(probe->reason));
	return -EOPNOTSUPP;
}

static void detach(void)
{
}

static u64 nmissed(void)
{
	return 0;
}

static const char *dormant(void)
{
	return NULL;
}

static const char *impairment(void)
{
	return NULL;
}

bool smmuv3_units_at(unsigned int index, struct faultcast_unit *unit)
{
	return false;
}

#endif

struct faultcast_probe faultcast_probe_smmuv3 = {
	.name = "smmuv3",
	.attach = attach,
	.detach = detach,
	.nmissed = nmissed,
	.dormant = dormant,
	.impairment = impairment,
	.unit = smmuv3_units_at,
};
