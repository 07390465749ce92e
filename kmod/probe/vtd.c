// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe for Intel VT-d.  The kernel's handler dmar_fault() prints faults and
 * fires no tracepoint.  The probe replaces no code and writes no register: it reads
 * the fault records that the handler is about to read.
 *
 * - An ftrace hook at the entry of the handler raises every pending record.
 * - More records can arrive while the handler runs.  A kprobe after the instruction
 *   that reads a record's last dword sees each record that the handler takes.  The
 *   kprobe skips records that were raised at the entry, so both hooks together count
 *   every record once.  If the instruction is not found in the compiled function,
 *   the entry hook alone gives a lower bound.
 *
 * This file attaches the hooks; vtd_walk.c reads the records.  For each unit the
 * handler runs in hard irq, on one CPU at a time.  The kernel also calls the handler
 * in process context when it sets up fault reporting; then only the entry hook reads
 * records.
 */
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "hook.h"
#include "probe.h"
#include "vtd_decode.h"
#include "vtd_units.h"
#include "vtd_walk.h"

#if defined(CONFIG_X86_64) && defined(CONFIG_DMAR_TABLE)

#define HANDLER		"dmar_fault"

/* A run of the handler in hard irq. */
struct run {
	struct vtd_walk walk;
	unsigned long nmissed;	/* hits that kprobes had missed when the run began */
	bool inside;		/* the site was armed, and the end was not seen yet */
};

static DEFINE_PER_CPU(struct run, runs);
static struct kprobe site_probe;
static unsigned int site_reg;
static bool site_active;

/* Hits that would have come had the site been armed, or had it been the only one. */
static struct faultcast_selfcheck selfcheck;

/*
 * Tells whether dmar_fault() itself runs in hard irq.  The int3 handler that runs
 * the kprobe is counted as one more level of hard irq.
 */
static bool handler_in_hardirq(void)
{
	return hardirq_count() > (in_nmi() ? HARDIRQ_OFFSET : 0);
}

/*
 * Writing 0 to debugfs kprobes/enabled removes every kprobe from the kernel's text
 * and notifies nobody.  While the kprobe is armed, its address holds another byte
 * than the original opcode.
 */
static bool site_armed(void)
{
	return READ_ONCE(site_active) && READ_ONCE(*site_probe.addr) != site_probe.opcode;
}

/*
 * The site may be in code that does not run, for example if dmar_fault() is livepatched,
 * or may not be the only one.  A hit that kprobes missed is counted by kprobes.
 */
static void check_run(const struct run *run, bool ended)
{
	u32 missing = vtd_walk_missing(&run->walk, ended);

	if (!missing || READ_ONCE(site_probe.nmissed) != run->nmissed)
		return;
	faultcast_selfcheck_missing(&selfcheck, missing,
				    HANDLER "() read records where the probe does not see it");
}

/* irqreturn_t dmar_fault(int irq, void *dev_id), at its first instruction */
static void on_entry(struct ftrace_regs *args)
{
	const void *iommu = (void *)faultcast_hook_arg(args, 1);
	struct vtd_walk walk = { .unit = vtd_units_find(iommu) };
	bool armed = site_armed();
	struct run *run;

	if (walk.unit)
		vtd_walk_enter(&walk);
	else if (!armed)
		atomic64_inc(&faultcast_probe_unknown_unit);
	if (!handler_in_hardirq())
		return;
	run = this_cpu_ptr(&runs);
	if (run->inside && armed)
		check_run(run, false);
	/* A kprobe that is armed during this run must not count before the next run. */
	*run = (struct run) {
		.walk = walk,
		.nmissed = READ_ONCE(site_probe.nmissed),
		.inside = armed,
	};
	if (!armed)
		faultcast_selfcheck_missing(&selfcheck, vtd_walk_missing(&walk, false), NULL);
}

/* The value of the register with this number in x86 machine code, Intel SDM 2.1.5. */
static u32 get_register(struct pt_regs *regs, unsigned int number)
{
	static const u8 offsets[16] = {
		offsetof(struct pt_regs, ax), offsetof(struct pt_regs, cx),
		offsetof(struct pt_regs, dx), offsetof(struct pt_regs, bx),
		offsetof(struct pt_regs, sp), offsetof(struct pt_regs, bp),
		offsetof(struct pt_regs, si), offsetof(struct pt_regs, di),
		offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
		offsetof(struct pt_regs, r10), offsetof(struct pt_regs, r11),
		offsetof(struct pt_regs, r12), offsetof(struct pt_regs, r13),
		offsetof(struct pt_regs, r14), offsetof(struct pt_regs, r15),
	};

	return regs_get_register(regs, offsets[number]);
}

/* The handler has read a record's last dword and is about to branch on its F bit. */
static int on_record(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct run *run = this_cpu_ptr(&runs);

	if (!run->inside || !handler_in_hardirq())
		return 0;
	run->inside = vtd_walk_step(&run->walk, get_register(regs, site_reg));
	if (!run->inside)
		check_run(run, true);
	return 0;
}

NOKPROBE_SYMBOL(on_record);

static struct faultcast_entry entry = { .function = HANDLER, .handler = on_entry };

/* Returns NULL, or why the site was not found. */
static const char *find_site(const struct faultcast_function *handler, struct vtd_site *site)
{
	unsigned int matches;
	u8 *text = faultcast_hook_text(handler);

	if (!text)
		return "no memory to search " HANDLER "()";
	matches = vtd_find_sites(text, handler->size, site);
	kfree(text);
	if (matches > 1)
		return HANDLER "() reads records in several places (as clang compiles it)";
	if (!matches || site->apart)
		return "the read of a record was not found in " HANDLER "()";
	return NULL;
}

static const char *attach_site(void)
{
	struct faultcast_function handler;
	struct vtd_site site;
	const char *reason;

	if (faultcast_hook_find(HANDLER, &handler))
		return "no kprobes on " HANDLER "()";
	reason = find_site(&handler, &site);
	if (reason)
		return reason;
	site_reg = site.reg;
	/*
	 * The kprobe goes on the jump after the test instruction: kprobes emulates a
	 * jump (since 5.13), but needs a second int3 to step over a test.
	 */
	site_probe = (struct kprobe) {
		.addr = (kprobe_opcode_t *)(handler.start + site.jump),
		.pre_handler = on_record,
	};
	if (register_kprobe(&site_probe))
		return "kprobes refused the read of a record in " HANDLER "()";
	WRITE_ONCE(site_active, true);
	return NULL;
}

static int attach(struct faultcast_probe *probe)
{
	const char *inexact;
	int err = vtd_units_map();

	if (err) {
		strscpy(probe->reason, err == -ENODEV ?
			"no ACPI DMAR table: this machine has no VT-d" :
			"cannot map the registers of every DRHD", sizeof(probe->reason));
		return err;
	}
	if (!vtd_units_any_on()) {
		strscpy(probe->reason, "VT-d is there but off (intel_iommu=on turns it on)",
			sizeof(probe->reason));
		vtd_units_unmap();
		return -ENODEV;
	}
	err = faultcast_hook_entry(probe, &entry);
	if (err) {
		vtd_units_unmap();
		return err;
	}
	inexact = attach_site();
	if (inexact)
		strscpy(probe->reason, inexact, sizeof(probe->reason));
	probe->exact = !inexact;
	return 0;
}

static void detach(void)
{
	if (site_active)
		unregister_kprobe(&site_probe);
	WRITE_ONCE(site_active, false);
	faultcast_hook_remove_entry(&entry);
	vtd_units_unmap();
}

static u64 nmissed(void)
{
	return site_active ? site_probe.nmissed + atomic64_read(&selfcheck.missing) : 0;
}

static const char *dormant(void)
{
	struct faultcast_unit unit;
	unsigned int i;

	for (i = 0; vtd_units_at(i, &unit); i++)
		if (unit.flags & FAULTCAST_UNIT_F_FAULTS)
			return NULL;
	return "the fault interrupt of every unit is missing or masked";
}

static const char *impairment(void)
{
	if (!READ_ONCE(site_active))
		return NULL;
	if (!site_armed())
		return "kprobes are switched off (debugfs kprobes/enabled)";
	return READ_ONCE(selfcheck.reason);
}

#else /* not on this kernel */

static int attach(struct faultcast_probe *probe)
{
	strscpy(probe->reason, IS_ENABLED(CONFIG_X86_64) ?
		"not in this kernel: needs DMAR_TABLE" :
		"not on this architecture", sizeof(probe->reason));
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

#endif

struct faultcast_probe faultcast_probe_vtd = {
	.name = "vtd",
	.attach = attach,
	.detach = detach,
	.nmissed = nmissed,
	.dormant = dormant,
	.impairment = impairment,
	.unit = vtd_units_at,
};
