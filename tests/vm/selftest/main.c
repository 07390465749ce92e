// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultcast_test: the unit tests of kmod/, run in a kernel when the module is loaded.
 *
 * KUnit is not used, because Debian's kernels are built without it (6.1, 6.12 and
 * 7.3). The module is made of kmod/'s own objects without those that need the
 * machine. This file takes the place of main.c and nl/, and receives the worker's
 * events. The log has a plan, then one line for each case.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "check.h"
#include "core/worker.h"

/* The maximum number of failures that a case may explain, so that the log keeps the others. */
#define EXPLAINED	5

static const struct check_group *const groups[] = {
	&check_slots,
	&check_names,
	&check_claims,
	&check_sharing,
	&check_storm_steps,
	&check_storm_rates,
	&check_storm,
	&check_queue,
	&check_unreported,
	&check_amd_records,
	&check_amd,
	&check_vtd_records,
	&check_vtd_walks,
	&check_vtd,
	&check_smmuv3,
	&check_ring_scripts,
	&check_ring,
	&check_garbage,
	&check_hook,
	&check_dpc,
	&check_recovery,
	&check_slot_changes,
	&check_pciehp,
	&check_identity,
	&check_serials,
	&check_aliases,
	&check_cards,
};

static atomic_t failures;
static const char *skipped;

atomic_t check_woken, check_woken_elsewhere, check_num_notified;
struct faultcast_event check_notified[CHECK_NOTIFIED];

bool check_eq(const char *where, int line, const char *what, u64 got, u64 want)
{
	if (got == want)
		return true;
	if (atomic_inc_return(&failures) <= EXPLAINED)
		check_note("%s, line %d: %s is %lld, expected %lld", where, line, what, got,
			   want);
	return false;
}

void check_skip(const char *reason)
{
	skipped = reason;
}

void check_run_case(const void *row)
{
	const struct check_case *test = row;

	test->run();
}

struct crossing {
	void (*fn)(unsigned int nth, void *arg);
	void *arg;
	atomic_t arrived;
	unsigned int cpus;
};

static void cross(void *info)
{
	struct crossing *crossing = info;
	unsigned int nth = atomic_inc_return(&crossing->arrived) - 1;

	/*
	 * All other CPUs already run this function, because on_each_cpu() runs it last on
	 * this one.
	 */
	while (atomic_read(&crossing->arrived) < crossing->cpus)
		cpu_relax();
	crossing->fn(nth, crossing->arg);
}

unsigned int check_on_all_cpus(void (*fn)(unsigned int nth, void *arg), void *arg)
{
	struct crossing crossing = { .fn = fn, .arg = arg };

	cpus_read_lock();
	crossing.cpus = num_online_cpus();
	on_each_cpu(cross, &crossing, 1);
	cpus_read_unlock();
	return crossing.cpus;
}

bool check_several_cpus(void)
{
	if (num_online_cpus() > 1)
		return true;
	check_skip("needs two CPUs");
	return false;
}

static void woken(void)
{
	if (!in_hardirq())
		atomic_inc(&check_woken_elsewhere);
	atomic_inc(&check_woken);
}

bool check_begin(unsigned int devices, unsigned int queue)
{
	atomic_set(&check_woken, 0);
	atomic_set(&check_woken_elsewhere, 0);
	if (!expect_eq(faultcast_slot_init(devices), 0))
		return false;
	faultcast_storm_set(0, 1);
	faultcast_storm_set_host(0, 1);
	if (expect_eq(faultcast_queue_init(queue, woken), 0))
		return true;
	faultcast_slot_exit();
	return false;
}

void check_end(void)
{
	faultcast_queue_sync();
	faultcast_queue_exit();
	faultcast_slot_exit();
}

bool check_pop(struct faultcast_event *ev)
{
	if (!faultcast_queue_peek(raw_smp_processor_id(), ev))
		return false;
	faultcast_queue_skip(raw_smp_processor_id());
	return true;
}

static void notify(const struct faultcast_event *ev)
{
	int n = atomic_read(&check_num_notified);

	if (n < CHECK_NOTIFIED)
		check_notified[n] = *ev;
	atomic_inc(&check_num_notified);
}

static void flush(void)
{
}

const struct faultcast_sink check_sink = { .notify = notify, .flush = flush };

static bool run_row(const struct check_group *group, const void *at, unsigned int number)
{
	const char *what = *(const char *const *)at;
	bool failed;

	atomic_set(&failures, 0);
	skipped = NULL;
	group->run(at);
	failed = atomic_read(&failures);
	pr_info("%sok %u - %s: %s%s%s\n", failed ? "not " : "", number, group->name, what,
		skipped && !failed ? " # SKIP " : "", skipped && !failed ? skipped : "");
	cond_resched();
	return !failed;
}

static void run_all(void)
{
	unsigned int planned = 0, number = 0, failed = 0, i;
	size_t offset;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		planned += groups[i]->size / groups[i]->row_size;
	pr_info("1..%u\n", planned);
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		for (offset = 0; offset < groups[i]->size; offset += groups[i]->row_size)
			failed += !run_row(groups[i], groups[i]->rows + offset, ++number);
	pr_info("# %u of %u failed\n", failed, number);
}

static int __init faultcast_test_init(void)
{
	/* A probe then queues its events on one known CPU. */
	int err = set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));

	if (err)
		return err;
	run_all();
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	return 0;
}

static void __exit faultcast_test_exit(void)
{
}

module_init(faultcast_test_init);
module_exit(faultcast_test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Unit tests of faultcast, run when loaded");
